// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import CLI

/// The arithmetic and the judgement of the self-test, and its end by a signal.
struct SelfTestTests {
    private func row(
        _ transport: ProbeSocket.Transport = .udp,
        _ version: ProbeSocket.Version = .v4,
        isSent: Bool = true,
        expected: (bytes: UInt64, packets: UInt64),
        measured: (bytes: UInt64, packets: UInt64)
    ) -> SelfTestRow {
        SelfTestRow(
            path: .loopback,
            transport: transport,
            version: version,
            isSent: isSent,
            expected: PacketSum(bytes: expected.bytes, packets: expected.packets),
            measured: PacketSum(bytes: measured.bytes, packets: measured.packets)
        )
    }

    @Test func aRowThatIsOffByAByteFails() {
        let exact = row(expected: (100, 2), measured: (100, 2))
        #expect(SelfTestResult(rows: [exact]).findings.map(\.mark) == [.ok])
        let short = row(expected: (100, 2), measured: (99, 2))
        #expect(short.difference == -1)
        let finding = SelfTestResult(rows: [exact, short]).findings[0]
        #expect(finding.mark == .fail)
        #expect(finding.found.contains("UDP v4 sent -1"))
        // The same bytes in another number of packets are no accident either.
        #expect(SelfTestResult(rows: [row(expected: (100, 2), measured: (100, 3))]).findings.map(\.mark) == [.fail])
    }

    @Test func whatCouldNotBeMeasuredIsNotOk() {
        let result = SelfTestResult(
            obstacles: [.init(part: "a", reason: "no"), .init(part: "b", reason: "broken", isFailure: true)]
        )
        #expect(result.findings.map(\.mark) == [.notChecked, .fail])
        #expect(DoctorReport(findings: result.findings).isHealthy == false)
        #expect(DoctorReport(findings: [result.findings[0]]).isHealthy)
    }

    @Test func segmentsBecomeBytes() {
        var info = [UInt8](repeating: 0, count: 200)
        info[5] = 7
        info[136] = 10
        info[137] = 1
        info[140] = 4
        let segments = TCPSegments(info: info)
        #expect(segments.out == 266)
        #expect(segments.in == 4)
        #expect(segments.repeated == 0)
        // SYN and SYN-ACK with 20 bytes of options, all others with timestamps.
        #expect(segments.sum(payload: 1000, header: 20) == PacketSum(bytes: 1000 + 2 * 60 + 268 * 52, packets: 270))
        info[5] = 2
        #expect(
            TCPSegments(info: info).sum(payload: 0, header: 40) == PacketSum(bytes: 2 * 68 + 268 * 60, packets: 270)
        )
    }

    @Test func interfaceCountersLoseTheirLinkHeaders() {
        let table = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
            netledger0: 1140    10    0    0    0     0          0         0     2028      2    0    0    0     0 0 0
                lo:       0       0    0    0    0     0          0         0        0       0    0    0    0 0 0 0
            """
        let counters = NetworkNamespace.Counters(interface: "netledger0", table: table)
        #expect(counters?.received == PacketSum(bytes: 1000, packets: 10))
        #expect(counters?.sent == PacketSum(bytes: 2000, packets: 2))
        #expect(NetworkNamespace.Counters(interface: "netledger", table: table) == nil)
    }

    @Test(.enabled(if: TestEnvironment.canMeter, "needs root and cgroup v2"))
    func anInterruptedTestLeavesNothing() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let root = try #require(CgroupLab.mountPoint)
        let interruption = Interruption()
        interruption.set()
        #expect(throws: SelfTestError.interrupted) { try SelfTest(cgroupRoot: root).run(interruption) }
        #expect(!FileManager.default.fileExists(atPath: "\(root)/netledger-doctor-\(getpid())"))
    }

    @Test(.enabled(if: TestEnvironment.canMeter, "needs root and cgroup v2"))
    func nothingButTheTestGoesOverThePair() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let counters = try NamespacePair().counters()
        #expect(counters.sent.packets == 0)
        #expect(counters.received.packets == 0)
    }
}
