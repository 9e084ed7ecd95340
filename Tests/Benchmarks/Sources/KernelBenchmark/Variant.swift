// SPDX-License-Identifier: Apache-2.0

/// What is attached to the cgroups that traffic runs in.
enum Variant: String, CaseIterable {
    /// Nothing.
    case bare
    /// Programs that do nothing, on the packet hooks.
    case empty
    /// The meter.
    case metered
}
