// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// A node of a cluster, as far as the inventory needs it.
public struct ClusterNode: Sendable {
    /// Its name.
    public var name: String
    /// Where its labels say that it stands.
    public var place: Place
    /// Its addresses, internal and external.
    public var addresses: [IPAddress]

    /// The node `name`.
    public init(name: String, place: Place, addresses: [IPAddress] = []) {
        self.name = name
        self.place = place
        self.addresses = addresses
    }
}
