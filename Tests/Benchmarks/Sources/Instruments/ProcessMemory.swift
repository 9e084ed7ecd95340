// SPDX-License-Identifier: Apache-2.0

/// The memory of a process, in megabytes of 1,000,000 bytes.
package struct ProcessMemory {
    /// Resident, with the pages of libraries and files, which other processes may share.
    package var resident: Double
    /// The most that was resident at one time.
    package var peak: Double
    /// Resident and anonymous: what nobody else can use.
    package var own: Double
}
