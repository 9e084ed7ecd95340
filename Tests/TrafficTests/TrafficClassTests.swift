// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic

@Suite struct TrafficClassTests {
    @Test(
        arguments: [
            (.unknown, false, false, false),
            (.loopback, false, true, true),
            (.sameZone, false, true, true),
            (.sameRegion, false, true, false),
            (.crossRegion, false, false, false),
            (.internet, true, false, false),
            (.multicast, false, false, false),
        ] as [(Scope, Bool, Bool, Bool)]
    )
    func labelsFollowFromTheScope(scope: Scope, internet: Bool, sameRegion: Bool, sameZone: Bool) {
        for initiator in Initiator.allCases {
            let value = TrafficClass(initiator: initiator, scope: scope)
            #expect(value.internet == internet)
            #expect(value.sameRegion == sameRegion)
            #expect(value.sameZone == sameZone)
            #expect(value.podInitiated == (initiator == .pod), "unknown is not pod initiated")
        }
    }

    @Test func everyScopeIsInTheTable() {
        #expect(Scope.allCases.count == 7)
    }

    @Test(arguments: Initiator.allCases)
    func initiatorsAreReadBackByName(initiator: Initiator) {
        #expect(Initiator(name: initiator.name) == initiator)
        #expect(Initiator(name: initiator.name.uppercased()) == nil)
    }

    @Test func namesOnTheWireAndInTheLedgerStay() {
        #expect(Initiator.allCases.map(\.rawValue) == [0, 1, 2])
        #expect(Initiator.allCases.map(\.name) == ["unknown", "pod", "remote"])
        #expect(
            Scope.allCases.map(\.rawValue)
                == ["unknown", "loopback", "same_zone", "same_region", "cross_region", "internet", "multicast"]
        )
        #expect(Owner.Kind.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
        #expect(Owner.Kind.allCases.map(\.name) == ["unattributed", "pod", "unit", "container", "cgroup"])
    }
}
