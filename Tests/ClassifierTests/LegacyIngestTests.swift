// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import NIOCore
import Queries
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite struct LegacyIngestTests {
    /// What an agent writes: an outgoing flow, and an incoming one with its addresses swapped and its ports not.
    private static let payload = """
        {"entries":[
        {"srcIp":"10.9.0.5","dstIp":"8.8.8.8","srcPort":40000,"dstPort":443,"txBytes":100,"rxBytes":2000,"direction":0,
        "srcPodName":"web-1","srcPodNamespace":"shop","dstPodName":"","dstPodNamespace":"","podInitiated":1},
        {"srcIp":"10.9.0.6","dstIp":"10.3.0.9","srcPort":41000,"dstPort":8080,"txBytes":30,"rxBytes":7,"direction":1,
        "srcPodName":"","srcPodNamespace":"","dstPodName":"db-0","dstPodNamespace":"shop","podInitiated":0}],
        "agentNode":"node-1","timestamp":1772610000,"ebpfMapMaxSize":262144,"epbfMapSize":17}

        """

    private func classifier(maxBody: Int = 1 << 20) throws -> TestClassifier {
        try TestClassifier(now: TestClassifier.start + 30) {
            $0.destinations = TrafficModel.destinations
            $0.maxBody = maxBody
        }
    }

    @Test func theBytesOfBothDirectionsAreBookedToTheNamedPods() async throws {
        try await classifier()
            .run { client in
                let response = try await client.postLegacy(Self.payload)
                #expect(response.status == .ok)
                let rows =
                    try await client.usage(
                        "start=-1h&group_by=node,owner_kind,namespace,pod,initiator,scope,rule"
                    )
                    .rows
                    .map { row in
                        ["node", "owner_kind", "namespace", "pod", "initiator", "scope", "rule", "egress_bytes"]
                            .map { row[$0]?.text ?? "" }
                            + [row["ingress_bytes"]?.text ?? ""]
                    }
                #expect(
                    Set(rows) == [
                        ["node-1", "pod", "shop", "web-1", "pod", "internet", "default", "100", "2000"],
                        ["node-1", "pod", "shop", "db-0", "remote", "same_zone", "in-zone", "30", "7"],
                    ]
                )
                let metrics = try await client.metrics()
                #expect(metrics["netledger_classifier_legacy_batches_total"] == 1)
                #expect(metrics[#"netledger_classifier_batches_total{outcome="applied"}"#] == 1)
                let labels = #"{node="node-1",startup_time="1772610000",map_name="conn_stats"}"#
                #expect(metrics.family("netledger_agent_ebpf_map_max_entries") == [labels: 262_144])
                #expect(metrics.family("netledger_agent_ebpf_map_current_size") == [labels: 17])
            }
    }

    @Test func theSameBytesTwiceAreBookedTwice() async throws {
        try await classifier()
            .run { client in
                for _ in 1...3 { _ = try await client.postLegacy(Self.payload) }
                #expect(try await client.usage("start=-1h").total["ingress_bytes"] == 3 * 2007)
                #expect(try await client.metrics()["netledger_classifier_legacy_batches_total"] == 3)
            }
    }

    @Test func nothingIsLostWhenManyComeAtOnce() async throws {
        try await classifier()
            .run { client in
                try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                    for index in 0..<60 {
                        group.addTask {
                            try await client.postLegacy(
                                Self.payload.replacing("node-1", with: "node-\(index % 3)")
                            )
                            .status
                        }
                    }
                    for try await status in group { #expect(status == .ok) }
                }
                #expect(try await client.usage("start=-1h").total["egress_bytes"] == 60 * 130)
                let metrics = try await client.metrics()
                #expect(metrics[#"netledger_classifier_batches_total{outcome="duplicate"}"#] == 0)
            }
    }

    @Test func aRestartGoesOnCounting() async throws {
        let classifier = try classifier()
        for _ in 1...2 { try await classifier.run { client in _ = try await client.postLegacy(Self.payload) } }
        try await classifier.run { client in
            let total = try await client.usage("start=-1h").total
            #expect(total["egress_bytes"] == 260)
        }
    }

    @Test func anUnnamedPodIsUnattributed() async throws {
        try await classifier()
            .run { client in
                _ = try await client.postLegacy(Self.payload.replacing(#""web-1""#, with: #""""#))
                let rows = try await client.usage("start=-1h&owner_kind=unattributed&group_by=namespace,pod").rows
                #expect(rows.map { $0["pod"]?.text } == ["unnamed-pod"])
                #expect(rows.map { $0["namespace"]?.text } == [""])
                #expect(rows.map { $0["egress_bytes"]?.text } == ["100"])
            }
    }

    @Test func anAgentThatDoesNotSwapIsUnderstoodWhereItShows() throws {
        func entry(_ source: String, _ destination: String, direction: Int, pod: String) -> String {
            let side = direction == 0 ? "src" : "dst"
            return #"{"srcIp":"\#(source)","dstIp":"\#(destination)","txBytes":1,"rxBytes":1,"#
                + #""direction":\#(direction),"\#(side)PodName":"\#(pod)","\#(side)PodNamespace":"n"}"#
        }
        let entries = [
            entry("10.0.0.1", "9.9.9.9", direction: 0, pod: "a"),
            entry("7.7.7.7", "10.0.0.1", direction: 1, pod: "a"),
            entry("10.0.0.1", "6.6.6.6", direction: 1, pod: "a"),
            // Another pod of the node, as the agent sends it: its own address first.
            entry("10.0.0.2", "10.0.0.1", direction: 1, pod: "b"),
        ]
        let json = #"{"agentNode":"n","entries":[\#(entries.joined(separator: ","))]}"#
        let batch = try FlowBatch(
            legacy: LegacyPayload(json: Array(json.utf8)),
            source: BatchSource(cluster: "c", node: "n", bootID: 1),
            sequence: 1,
            now: 1
        )
        #expect(batch.flows.map(\.remote.description) == ["9.9.9.9", "7.7.7.7", "6.6.6.6", "10.0.0.1"])
        // Agents that do not say who opened the socket are read by the direction.
        #expect(batch.flows.map(\.initiator) == [.pod, .remote, .remote, .remote])
        #expect(batch.maps.isEmpty)
    }

    @Test func nullEntriesAreNone() async throws {
        try await classifier()
            .run { client in
                let response = try await client.postLegacy(#"{"agentNode":"n","entries":null}"#)
                #expect(response.status == .ok)
                #expect(try await client.usage("start=-1h").counters.isZero)
            }
    }

    @Test(arguments: [
        ("{", "malformed", nil), ("[]", "malformed", nil), ("", "malformed", nil), ("null", "malformed", nil),
        (#"{"entries":[]}"#, "invalid", "agentNode"),
        (#"{"agentNode":"","entries":[]}"#, "invalid", "agentNode"),
        (#"{"agentNode":"a\u0000b","entries":[]}"#, "invalid", "agentNode"),
        (#"{"agentNode":7,"entries":[]}"#, "invalid", "agentNode"),
        (#"{"agentNode":"n","entries":{}}"#, "invalid", "entries"),
        (payload.replacing("8.8.8.8", with: "8.8.8"), "invalid", "entries[0].dstIp"),
        (payload.replacing("10.9.0.6", with: ""), "invalid", "entries[1].srcIp"),
        (payload.replacing("\"rxBytes\":7", with: "\"rxBytes\":-7"), "invalid", "entries[1].rxBytes"),
        (payload.replacing("\"rxBytes\":7", with: "\"rxBytes\":18446744073709551000"), "invalid", "entries[1].rxBytes"),
        (payload.replacing("\"direction\":1", with: "\"direction\":2"), "invalid", "entries[1].direction"),
        (payload.replacing("41000", with: "70000"), "invalid", "entries[1].srcPort"),
        (payload.replacing("db-0", with: "db\\n0"), "invalid", "entries[1].dstPodName"),
    ])
    func whatIsWrongIsNamedAndNothingIsBooked(json: String, reason: String, field: String?) async throws {
        try await classifier()
            .run { client in
                let response = try await client.postLegacy(json)
                #expect(response.status == .badRequest)
                #expect(try response.problem().field == field, "\(response.text)")
                #expect(try await client.usage("start=-1h").counters.isZero)
                let metrics = try await client.metrics()
                #expect(metrics.refused(reason).first == 1)
                #expect(metrics["netledger_classifier_legacy_batches_total"] == 0)
            }
    }

    @Test func onlyJSONOfTheRightSizeIsTaken() async throws {
        try await classifier(maxBody: 1100)
            .run { client in
                #expect(try await client.postLegacy(Self.payload, contentType: "application/json").status == .ok)
                let text = try await client.postLegacy(Self.payload, contentType: "text/plain")
                #expect(text.status == .unsupportedMediaType)
                #expect(try text.problem().field == "content-type")
                let long = try await client.postLegacy(String(repeating: " ", count: 1000) + Self.payload)
                #expect(long.status == .contentTooLarge)
                _ = try long.problem()
                #expect(try await client.get("/write-network-statistics").status == .methodNotAllowed)
            }
    }

    @Test func damagedJSONIsBookedWholeOrRefused() throws {
        var random = SeededRandom()
        let whole = Array(Self.payload.utf8)
        let pieces = [
            "-1", "1e400", "null", "\"", "{", "]", "\\u0000", "\u{FFFD}", "1.5", "true", "18446744073709551615",
        ]
        var accepted = 0
        for round in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                default: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            do throws(IngestRefusal) {
                let payload = try LegacyPayload(json: bytes)
                let batch = try FlowBatch(
                    legacy: payload,
                    source: BatchSource(cluster: "c", node: "n", bootID: 1),
                    sequence: 1,
                    now: 1_772_618_400_000_000_000
                )
                accepted += 1
                let entries = payload.entries ?? []
                #expect(batch.flows.count == entries.count)
                let sums = batch.flows.reduce(into: FlowCounters.zero) { $0 += $1.counters }
                let sent = entries.reduce(into: FlowCounters.zero) {
                    $0 += FlowCounters(egressBytes: $1.txBytes.value, ingressBytes: $1.rxBytes.value)
                }
                #expect(sums == sent, "seed \(random.seed), \(round)")
                let booking = Booking(classifying: batch, with: Rulebook(NetworkPlan()))
                #expect(Imbalance(batch: batch, booking: booking) == nil, "seed \(random.seed), \(round)")
                // What was taken is what every other batch must be.
                let isEncodable = (try? batch.encoded()) != nil
                #expect(isEncodable, "seed \(random.seed), \(round)")
            } catch {
                #expect(error.problem.problem.status == 400, "seed \(random.seed), \(round)")
                #expect(error.reason == .malformed || error.reason == .invalid, "seed \(random.seed), \(round)")
            }
        }
        #expect(accepted > 50, "seed \(random.seed)")
    }
}

extension TestClientProtocol {
    /// Posts what an acll19/netledger agent would, which does not label it.
    func postLegacy(_ json: String, contentType: String? = nil) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        return try await execute(
            uri: "/write-network-statistics",
            method: .post,
            headers: headers,
            body: ByteBuffer(string: json)
        ) { $0 }
    }
}
