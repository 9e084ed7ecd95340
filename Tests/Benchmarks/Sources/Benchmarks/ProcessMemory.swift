// SPDX-License-Identifier: Apache-2.0

/// The memory of a process, in megabytes of 1,000,000 bytes.
struct ProcessMemory {
    /// Resident, with the pages of libraries and files, which other processes may share.
    var resident: Double
    /// The most that was resident at one time.
    var peak: Double
    /// Resident and anonymous: what nobody else can use.
    var own: Double
}
