// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation
import Synchronization
import TestSupport
import Testing
import Traffic

/// An upgrade to a release with another layout of the maps, and back, while bytes are on their way.
@Suite(.serialized, .whereMeteringWorks, .enabled(if: OtherLayout.program != nil, "not built: run make other-layout"))
struct LayoutTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// Short lives of both releases, with maps of two sizes; each is killed by itself between two steps of a drain, or
    /// from outside, while it starts or later.
    @Test func killedReleasesTakeOverFromEachOtherAndLoseNothing() async throws {
        var random = SeededRandom()
        let pins = try PinMount()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let folder = try TemporaryDirectory()
        defer {
            folder.remove()
            lab.remove()
        }
        let store = folder.file("store")
        try Data().write(to: URL(fileURLWithPath: store))
        let programs = [try BuiltProduct.path("MeterProcess"), try #require(OtherLayout.program)]
        let cgroup = try #require(CgroupLab.mountPoint) + lab.parentCgroup
        func start(_ life: Int, capacity: Int, steps: Int? = nil) throws -> ChildProcess {
            let command = [programs[life % 2], cgroup, pins.path, "\(capacity)", store]
            return try ChildProcess(command + (steps.map { ["\($0)"] } ?? []), outputPath: folder.file("log"))
        }

        let first = try start(0, capacity: 4096)
        try await first.waitForLine(containing: "meters")
        let passage = Passage()
        async let traffic: Void = {
            defer { passage.isOver.withLock { $0 = true } }
            for _ in 0..<4 { try await lab.run() }
        }()
        first.kill()
        var lives = 1
        while !passage.isOver.withLock(\.self) {
            let capacity = [2048, 4096].randomElement(using: &random) ?? 4096
            if Bool.random(using: &random) {
                let process = try start(lives, capacity: capacity, steps: .random(in: 0...40, using: &random))
                #expect(try await process.waitForExit() == .signal(SIGKILL), "\(process.output)")
            } else {
                let process = try start(lives, capacity: capacity)
                try await Task.sleep(for: .milliseconds(.random(in: 0...400, using: &random)))
                #expect(process.exitStatus == nil, "\(process.output)")
                process.kill()
            }
            lives += 1
        }
        try await traffic
        // Nobody is there, and the kernel counts for the release that was there last.
        try await lab.run()
        for _ in 0..<2 {
            let process = try start(lives, capacity: 2048, steps: 9)
            #expect(try await process.waitForExit() == .signal(SIGKILL), "\(process.output)")
            lives += 1
        }

        let meter = try Meter(MeterConfiguration(cgroupRoot: cgroup, flowCapacity: 2048, pinDirectory: pins.path))
        var booked = try Stored(String(contentsOfFile: store, encoding: .utf8))
        if let (counters, drain) = booked.last { try meter.settle(drain: drain, of: counters) }
        repeat {
            for flow in try meter.drain().flows { booked.sums[flow.cgroupID, default: .zero] += flow.counters }
            try meter.commit()
        } while !meter.inherited.isEmpty
        try meter.uninstall()
        #expect(!FileManager.default.fileExists(atPath: pins.path))

        var truth: [UInt64: FlowCounters] = [:]
        for (account, counters) in try lab.accounts() {
            truth[try lab.sides[account.host].group.id(), default: .zero] += counters
        }
        #expect(truth.count == 2)
        #expect(booked.sums == truth, "seed \(random.seed), \(lives) lives")
        let packets = truth.values.reduce(0) { $0 + $1.egressPackets + $1.ingressPackets }
        print("layouts: \(packets) packets, \(lives) lives of two releases, \(booked.inherited) identities")
    }

    /// Whether the traffic has passed.
    private final class Passage: Sendable {
        let isOver = Mutex(false)
    }

    /// What processes stored, line by line; see `MeterProcess`.
    private struct Stored {
        var sums: [UInt64: FlowCounters] = [:]
        var last: (counters: UInt128, drain: UInt64)?
        /// Sets of maps that drains were made from.
        var inherited: Int { identities.count }
        private var identities: Set<UInt128> = []

        init(_ text: String) throws {
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                let (counters, drain) = (try #require(UInt128(words[0])), try #require(UInt64(words[1])))
                last = (counters, drain)
                identities.insert(counters)
                for start in stride(from: 2, to: words.count, by: 5) {
                    let numbers = words[start + 1..<start + 5].compactMap { UInt64($0) }
                    try #require(numbers.count == 4)
                    let cgroup = try #require(words[start].split(separator: "/").first.flatMap { UInt64($0) })
                    sums[cgroup, default: .zero] += FlowCounters(
                        egressBytes: numbers[0],
                        ingressBytes: numbers[1],
                        egressPackets: numbers[2],
                        ingressPackets: numbers[3]
                    )
                }
            }
        }
    }
}
