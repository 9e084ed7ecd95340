// SPDX-License-Identifier: Apache-2.0

/// An object of the Kubernetes API, cut down to the fields that NetLedger needs.
public protocol ClusterObject: Decodable, Sendable {
    /// Where the API serves objects of this kind.
    static var resource: Resource { get }

    /// What every object has.
    var metadata: ObjectMetadata { get }
}
