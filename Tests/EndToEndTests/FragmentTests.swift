// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

/// Datagrams that IP cuts into fragments after the sender's hook, and puts together before the receiver's.
///
/// Both hooks see one packet; how many fragments it was follows from the interface's MTU on the way out, and from what
/// the reassembly noted on the way in.
@Suite(.serialized, .whereMeteringWorks) struct FragmentTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    @Test func bothSidesCountEveryFragment() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for form in TrafficExchange.Form.allCases {
            for kind in WireLab.Client.allCases { try await expectEveryFragment(lab, form, kind) }
        }
    }

    private func expectEveryFragment(_ lab: WireLab, _ form: TrafficExchange.Form, _ kind: WireLab.Client) async throws
    {
        let metering = try Metering(lab)
        let service = try lab.service(form, port: 5000)
        // Around the limits of one and two fragments, and many.
        let requests = form == .v6 ? [1452, 1453, 2896, 2897, 8000, 65_000] : [1472, 1473, 2952, 2953, 8000, 65_000]
        try lab.ask(service, form, as: kind, requests: requests, reply: 10)
        try await metering.expectTheWire("fragments, \(form), \(kind)") { accounts in
            for host in [0, 1] {
                let flow = try #require(accounts.keys.first { $0.host == host && $0.servicePort == 5000 })
                // Later fragments have no ports; the packet filter may take their first bytes for some.
                for later in accounts.keys where later.host == host && later.servicePort != 5000 {
                    accounts[flow, default: .zero] += accounts.removeValue(forKey: later) ?? .zero
                }
            }
        }
    }
}
