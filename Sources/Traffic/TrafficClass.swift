// SPDX-License-Identifier: Apache-2.0

/// Who started a flow and how far it went; what the labels of the Prometheus counters are derived from.
public struct TrafficClass: Hashable, Sendable {
    /// The side that started the flow.
    public var initiator: Initiator
    /// How far the flow went.
    public var scope: Scope

    /// The class of a flow that `initiator` started and that went as far as `scope`.
    public init(initiator: Initiator, scope: Scope) {
        self.initiator = initiator
        self.scope = scope
    }

    /// Label `pod_initiated`: true only if it is known that the metered side started the flow.
    public var podInitiated: Bool {
        initiator == .pod
    }

    /// Label `internet`.
    public var internet: Bool {
        scope == .internet
    }

    /// Label `same_region`: true for everything that is known to be in the region, nearer scopes included.
    public var sameRegion: Bool {
        switch scope {
        case .loopback, .sameZone, .sameRegion: true
        case .unknown, .crossRegion, .internet, .multicast: false
        }
    }

    /// Label `same_zone`: true only for what is known to be in the zone.
    public var sameZone: Bool {
        switch scope {
        case .loopback, .sameZone: true
        case .unknown, .sameRegion, .crossRegion, .internet, .multicast: false
        }
    }
}
