// SPDX-License-Identifier: Apache-2.0

/// How full one of the agent's kernel maps is.
public struct MapUse: Hashable, Sendable {
    /// The map's name.
    public var name: String
    /// Entries in use.
    public var entries: UInt64
    /// Entries that fit.
    public var capacity: UInt64

    /// The use of the map called `name`.
    public init(name: String, entries: UInt64, capacity: UInt64) {
        self.name = name
        self.entries = entries
        self.capacity = capacity
    }
}
