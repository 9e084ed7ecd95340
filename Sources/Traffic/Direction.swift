// SPDX-License-Identifier: Apache-2.0

/// The way bytes went, as seen by the metered side.
public enum Direction: String, Hashable, Sendable, CaseIterable {
    /// Sent by the metered side.
    case egress
    /// Received by the metered side.
    case ingress
}
