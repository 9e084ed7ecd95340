// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The real `netledger doctor` on this machine.
@Suite(.serialized, .enabled(if: TestEnvironment.canMeter && TestEnvironment.has("bpftool"), "needs root and bpftool"))
struct DoctorCommandTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            var mark: String
            var subject: String
            var found: String
        }

        struct Row: Decodable {
            var path: String
            var `protocol`: String
            var direction: String
            var expected_bytes: UInt64
            var measured_bytes: UInt64
            var difference_bytes: Int64
        }

        var healthy: Bool
        var findings: [Finding]
        var self_test: [Row]
    }

    private struct Program: Decodable {
        var id: Int
        var name: String?
        var pids: [Holder]?

        struct Holder: Decodable {
            var pid: Int
        }
    }

    /// The meter's programs that no process holds.
    private func orphans() throws -> Set<Int> {
        let text = try Shell.run(["bpftool", "-j", "prog", "show"])
        let names: Set<String> = ["count_egress", "count_ingress", "watch_close"]
        return Set(
            try JSONDecoder().decode([Program].self, from: Data(text.utf8))
                .filter { names.contains($0.name ?? "") && ($0.pids ?? []).isEmpty }.map(\.id)
        )
    }

    private func leftovers() throws -> [String] {
        let root = try #require(CgroupLab.mountPoint)
        let cgroups = try FileManager.default.contentsOfDirectory(atPath: root)
            .filter { $0.hasPrefix("netledger-doctor") }
        let links = try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net").filter { $0 == "netledger0" }
        // The directory is made with the first namespace that has a name.
        let namespaces = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
        return cgroups + links + namespaces.filter { $0.hasPrefix("netledger-doctor") }
    }

    @Test func everyRowIsExactAndNothingIsLeft() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        // What a killed doctor leaves: a process id is at most 4,194,304.
        let abandoned = try #require(CgroupLab.mountPoint) + "/netledger-doctor-4194999"
        try FileManager.default.createDirectory(atPath: abandoned, withIntermediateDirectories: false)
        let before = try orphans()
        let doctor = try ChildProcess(
            [try BuiltProduct.path("netledger"), "doctor", "--format", "json"],
            outputPath: folder.file("out")
        )
        try await doctor.waitForSuccess()
        let report = try JSONDecoder().decode(Report.self, from: Data(doctor.output.utf8))
        #expect(report.healthy)
        #expect(!report.findings.contains { $0.mark == "fail" }, "\(report.findings)")
        #expect(Set(report.self_test.map { "\($0.path) \($0.protocol) \($0.direction)" }).count == 16)
        for row in report.self_test {
            #expect(row.difference_bytes == 0, "\(row)")
            #expect(row.measured_bytes == row.expected_bytes && row.expected_bytes > 1000, "\(row)")
        }
        #expect(try leftovers() == [])
        try await waitUntil("the kernel has freed the doctor's programs") { try orphans().isSubset(of: before) }
    }

    @Test func aSignalEndsItAndNothingIsLeft() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let doctor = try ChildProcess([try BuiltProduct.path("netledger"), "doctor"], outputPath: folder.file("out"))
        let cgroup = try #require(CgroupLab.mountPoint) + "/netledger-doctor-\(doctor.processID)"
        try await waitUntil("the self-test begins", every: .milliseconds(1)) {
            FileManager.default.fileExists(atPath: cgroup) || doctor.exitStatus != nil
        }
        doctor.signal(SIGINT)
        // It may have been done before the signal came.
        let status = try await doctor.waitForExit()
        #expect([.code(130), .code(0)].contains(status), "\(doctor.output)")
        #expect(try leftovers() == [])
    }

    @Test func withoutCapabilitiesItFailsAndNamesThem() async throws {
        let report = try await unhealthy(
            ["setpriv", "--inh-caps=-bpf,-net_admin,-sys_admin", "--bounding-set=-bpf,-net_admin,-sys_admin"],
            []
        )
        let finding = report.findings.first { $0.subject == "capabilities" }
        #expect(finding?.mark == "fail")
        #expect(finding?.found == "CAP_BPF and CAP_NET_ADMIN are missing")
        #expect(report.findings.first { $0.subject == "kernel features" }?.mark == "not checked")
        #expect(report.self_test.isEmpty)
    }

    @Test func aWrongCgroupRootFails() async throws {
        let report = try await unhealthy([], ["--cgroup-root", "/tmp"])
        #expect(report.findings.first { $0.subject == "cgroup v2" }?.mark == "fail")
        #expect(report.findings.first { $0.subject == "self-test" }?.mark == "not checked")
    }

    private func unhealthy(_ prefix: [String], _ flags: [String]) async throws -> Report {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let doctor = try ChildProcess(
            prefix + [try BuiltProduct.path("netledger"), "doctor", "--format", "json"] + flags,
            outputPath: folder.file("out")
        )
        #expect(try await doctor.waitForExit() == .code(1), "\(doctor.output)")
        let report = try JSONDecoder().decode(Report.self, from: Data(doctor.output.utf8))
        #expect(!report.healthy)
        #expect(try leftovers() == [])
        return report
    }
}
