// SPDX-License-Identifier: Apache-2.0
import Capture
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
        try await expectFragments(.packets) { _, _ in .zero }
    }

    /// Of each further fragment one IP header is missing, and in IPv6 a fragment header of each.
    @Test(arguments: [KernelDetail.sockets, .none])
    func withoutThePacketsStructureTheHeadersOfFragmentsAreMissing(detail: KernelDetail) async throws {
        try await expectFragments(detail) { form, fragments in
            let bytes =
                form == .v6
                ? fragments.further * 40 + (fragments.further + fragments.datagrams) * 8 : fragments.further * 20
            return PacketCount(bytes: bytes, packets: fragments.further)
        }
    }

    /// Fragments after the first, and datagrams that were cut.
    private typealias Fragments = (further: UInt64, datagrams: UInt64)

    /// Sends datagrams around the limits of one and two fragments, and of many; `missing` is what the meter does not
    /// count of them.
    private func expectFragments(
        _ detail: KernelDetail,
        missing: (TrafficExchange.Form, Fragments) -> PacketCount
    ) async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for form in TrafficExchange.Form.allCases {
            for kind in WireLab.Client.allCases {
                let metering = try Metering(lab, detail: detail)
                let service = try lab.service(form, port: 5000)
                let limit = form == .v6 ? 1452 : 1472
                let requests = [limit, limit + 1, 2 * limit - 8, 2 * limit + 9, 8000, 65_000]
                try lab.ask(service, form, as: kind, requests: requests, reply: 10)
                try await metering.expectTheWire("fragments, \(form), \(kind), reading \(detail)") { accounts in
                    let further = Self.joinFragments(&accounts)
                    let missing = missing(form, (further, UInt64(requests.count { $0 > limit })))
                    for account in accounts.keys where account.host == 0 {
                        accounts[account, default: .zero].egressBytes -= missing.bytes
                        accounts[account, default: .zero].egressPackets -= missing.packets
                    }
                    for account in accounts.keys where account.host == 1 {
                        accounts[account, default: .zero].ingressBytes -= missing.bytes
                        accounts[account, default: .zero].ingressPackets -= missing.packets
                    }
                }
            }
        }
    }

    /// Adds later fragments to their flow: they have no ports, but the packet filter may take their first bytes for
    /// some.
    ///
    /// - Returns: How many they are.
    private static func joinFragments(_ accounts: inout WireAccounts) -> UInt64 {
        var further: UInt64 = 0
        for later in accounts.keys where later.servicePort != 5000 {
            guard let counters = accounts.removeValue(forKey: later) else { continue }
            further += counters.egressPackets
            for flow in accounts.keys where flow.host == later.host && flow.servicePort == 5000 {
                accounts[flow, default: .zero] += counters
            }
        }
        return further
    }
}
