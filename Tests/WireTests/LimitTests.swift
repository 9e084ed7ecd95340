// SPDX-License-Identifier: Apache-2.0
import SwiftProtobuf
import TestSupport
import Testing
import Traffic

@testable import Wire

/// Every rule of `flow_batch.proto`, broken one at a time, is refused by its name.
struct LimitTests {
    /// A rule, and a change that breaks it in an otherwise good message.
    struct Break: Sendable, CustomTestStringConvertible {
        var field: String
        var change: @Sendable (inout ProtoFlowBatch) -> Void
        var testDescription: String { field }
    }

    static let breaks: [Break] = [
        Break(field: "cluster") { $0.cluster = "" },
        Break(field: "cluster") { $0.cluster = String(repeating: "c", count: 254) },
        Break(field: "cluster") { $0.cluster = "a\u{0}b" },
        Break(field: "cluster") { $0.cluster = "a\nb" },
        Break(field: "node") { $0.node = "" },
        Break(field: "node") { $0.node = String(repeating: "n", count: 254) },
        Break(field: "node") { $0.node = "a\u{7f}" },
        Break(field: "node") { $0.node = "a\u{85}" },
        Break(field: "boot_id") { $0.bootID.removeLast() },
        Break(field: "boot_id") { $0.bootID.append(0) },
        Break(field: "boot_id") { $0.bootID.removeAll() },
        Break(field: "sequence") { $0.sequence = 0 },
        Break(field: "sequence") { $0.sequence = 1 << 56 },
        Break(field: "interval_end_ns") { $0.intervalEndNs = $0.intervalStartNs },
        Break(field: "interval_end_ns") { $0.intervalEndNs = $0.intervalStartNs - 1 },
        Break(field: "interval_end_ns") { $0.intervalEndNs = WireLimits.latest + 1 },
        Break(field: "interval_start_ns") { $0.intervalStartNs = WireLimits.earliest - 1 },
        Break(field: "region") { $0.region = String(repeating: "r", count: 1025) },
        Break(field: "zone") { $0.zone = "\u{1b}[2J" },
        Break(field: "owners") { $0.owners = Array(repeating: $0.owners[0], count: 100_001) },
        Break(field: "owners[1].kind") { $0.owners.append(.with { $0.kind = .UNRECOGNIZED(5) }) },
        Break(field: "owners[0].namespace") { $0.owners[0].namespace = String(repeating: "n", count: 1025) },
        Break(field: "owners[0].pod") { $0.owners[0].pod = "" },
        Break(field: "owners[0].pod") { $0.owners[0].pod = String(repeating: "é", count: 513) },
        Break(field: "owners[0].pod_uid") { $0.owners[0].podUid = "\t" },
        Break(field: "owners[0].container_id") { $0.owners[0].containerID = String(repeating: "0", count: 1025) },
        Break(field: "owners[0].cgroup_path") { $0.owners[0].cgroupPath = String(repeating: "/", count: 4097) },
        Break(field: "flows.owner[1]") { $0.flows.owner[1] = 1 },
        Break(field: "flows.owner[0]") { $0.flows.owner[0] = .max },
        Break(field: "flows.service_port") { $0.flows.servicePort.removeLast() },
        Break(field: "flows.service_port[0]") { $0.flows.servicePort[0] = 65_536 },
        Break(field: "flows.key_bits") { $0.flows.keyBits.append(0) },
        Break(field: "flows.key_bits[1]") { $0.flows.keyBits[1] = 3 << 8 },
        Break(field: "flows.key_bits[1]") { $0.flows.keyBits[1] = 1 << 13 },
        Break(field: "flows.egress_bytes") { $0.flows.egressBytes.removeLast() },
        Break(field: "flows.ingress_bytes") { $0.flows.ingressBytes = [] },
        Break(field: "flows.egress_packets") { $0.flows.egressPackets.append(1) },
        Break(field: "flows.ingress_packets") { $0.flows.ingressPackets.removeLast() },
        Break(field: "flows.remote_v6") { $0.flows.remoteV6.removeLast() },
        Break(field: "flows.remote_v6[0]") { $0.flows.remoteV6 = [0, 0xffff_0102_0304] },
        Break(field: "flows.remote_v4") { $0.flows.remoteV4.append(1) },
        Break(field: "flows.remote_v4") { $0.flows.remoteV4 = [] },
        Break(field: "flows.service_port") { $0.flows.owner.removeLast() },
        Break(field: "flows.egress_bytes[0]") { $0.flows.egressBytes[0] = 1 << 56 },
        Break(field: "flows.ingress_bytes[1]") { $0.flows.ingressBytes = [1 << 55, 1 << 55] },
        Break(field: "flows.egress_packets[0]") { $0.flows.egressPackets[0] = .max },
        Break(field: "flows.ingress_packets[1]") { $0.flows.ingressPackets[1] = 1 << 63 },
        Break(field: "losses[0].egress_bytes") { $0.losses[0].egressBytes = (1 << 56) - 1 },
        Break(field: "losses[0].ingress_bytes") { $0.losses[0].ingressBytes = .max },
        Break(field: "losses[0].egress_packets") { $0.losses[0].egressPackets = 1 << 56 },
        Break(field: "losses[0].ingress_packets") { $0.losses[0].ingressPackets = 1 << 56 },
        Break(field: "losses[0].reason") { $0.losses[0].reason = "" },
        Break(field: "losses[0].reason") { $0.losses[0].reason = "Map full" },
        Break(field: "losses[0].reason") { $0.losses[0].reason = String(repeating: "a", count: 65) },
        Break(field: "losses") { $0.losses = Array(repeating: $0.losses[0], count: 65) },
        Break(field: "maps") { $0.maps = Array(repeating: $0.maps[0], count: 65) },
        Break(field: "maps[0].name") { $0.maps[0].name = "" },
        Break(field: "totals") { $0.clearTotals() },
        Break(field: "totals.flows") { $0.totals.flows += 1 },
        Break(field: "totals.egress_bytes") { $0.totals.egressBytes -= 1 },
        Break(field: "totals.ingress_bytes") { $0.flows.ingressBytes[0] += 1 },
        Break(field: "totals.egress_packets") { $0.losses[0].egressPackets += 1 },
        Break(field: "totals.ingress_packets") { $0.totals.ingressPackets = 0 },
        Break(field: "maps[0]") { $0.maps[0].capacity = 1 << 56 },
    ]

    @Test(arguments: breaks)
    func isRefusedByName(_ rule: Break) throws {
        var message = try ProtoFlowBatch(serializedBytes: GoldenTests.bytes)
        rule.change(&message)
        let bytes: [UInt8] = try message.serializedBytes()
        let error = #expect(throws: WireError.self) { try FlowBatch(encoded: bytes) }
        #expect(error?.field == rule.field, "\(String(describing: error))")
    }

    @Test func isRefusedByTheWriterToo() {
        var batch = GoldenTests.batch
        batch.flows[1].owner = 1
        #expect(
            throws: WireError.invalid(field: "flows.owner[1]", reason: "is 1 and the batch has 1 owners")
        ) { try batch.encoded() }
        batch.flows[1].owner = -1
        #expect(throws: WireError.self) { try batch.encoded() }
        batch = GoldenTests.batch
        batch.source.node = ""
        #expect(throws: WireError.invalid(field: "node", reason: "is empty")) { try batch.encoded() }
    }

    @Test func lowerLimitsOfAReaderHold() throws {
        var limits = WireLimits.default
        limits.records = 1
        #expect(
            throws: WireError.invalid(field: "flows.owner", reason: "has 2 elements; at most 1 are allowed")
        ) { try FlowBatch(encoded: GoldenTests.bytes, limits: limits) }
    }

    @Test(arguments: [0, 2, 7, UInt32.max])
    func anotherVersionIsRefusedFirst(version: UInt32) throws {
        var message = try ProtoFlowBatch(serializedBytes: GoldenTests.bytes)
        message.schemaVersion = version
        message.cluster = ""
        let bytes: [UInt8] = try message.serializedBytes()
        let error = #expect(throws: WireError.unsupportedVersion(version)) { try FlowBatch(encoded: bytes) }
        #expect(error?.field == "schema_version")
    }

    @Test func descriptionsAreSentences() {
        #expect(
            "\(WireError.unsupportedVersion(2))"
                == "schema_version is 2; this program reads version 1. Run agents and classifier of the same release."
        )
        #expect("\(WireError.invalid(field: "node", reason: "is empty"))" == "node is empty.")
        #expect(WireError.malformed(reason: "x").field == nil)
        #expect("\(WireError.unsupportedVersion(0))".contains("no schema_version"))
    }
}
