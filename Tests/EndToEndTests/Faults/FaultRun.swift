// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TestSupport
import Traffic

/// A real agent and a real classifier under real traffic, to which a random schedule of misfortunes happens.
///
/// The agent meters the cgroups of the lab and nothing else, so every byte that is booked or lost is of known traffic.
final class FaultRun {
    /// One misfortune.
    enum Fault: String, CaseIterable {
        case agentKilled, classifierKilled, bothKilled, agentStopped, classifierStopped
        case linkCut, linkBad, linkSlow
        case spoolFull, ledgerFull, spoolReadOnly, ledgerReadOnly, spoolDamaged, ledgerRestored
        case agentClockSet, classifierClockSet
    }

    let lab: TrafficLab
    let deployment: Deployment
    let link: FaultyLink
    /// What happened, in words.
    private(set) var log: [String] = []
    /// Times that bytes of the spool were changed: each may cost what it hit, by name.
    private(set) var damages = 0

    private let agentClock: ClockShift
    private let classifierClock: ClockShift
    private let pins: PinMount
    private let spoolDisk: SmallDisk
    private let ledgerDisk: SmallDisk
    private var random: SeededRandom
    private let began = ContinuousClock.now
    /// A copy of the ledger's files, and when it was made.
    private var copy: (files: [String: Data], made: ContinuousClock.Instant)?

    /// Prepares everything; nothing runs yet.
    init(_ random: SeededRandom) throws {
        self.random = random
        lab = try TrafficLab(Self.legs(&self.random))
        agentClock = try ClockShift()
        classifierClock = try ClockShift()
        deployment = try Deployment(classifierPrefix: classifierClock.prefix, agentPrefix: agentClock.prefix)
        link = try FaultyLink(to: deployment.classifierURL, SeededRandom(seed: random.seed &+ 1))
        pins = try PinMount()
        spoolDisk = try SmallDisk()
        ledgerDisk = try SmallDisk()
    }

    /// TCP and UDP in both directions.
    private static func legs(_ random: inout SeededRandom) -> [TrafficLab.Leg] {
        [(0, 1), (1, 0)]
            .flatMap { client, server in
                [
                    TrafficExchange.Transport.tcp(connections: 10, chunk: 8192),
                    .udp(sockets: 5, requests: 20, connected: true),
                ]
                .enumerated()
                .map { index, transport in
                    let exchange = TrafficExchange(
                        transport,
                        client == 0 ? .v4 : .v6,
                        port: UInt16(6000 + 10 * client + index),
                        requestBytes: .random(in: 16...1400, using: &random),
                        replyBytes: .random(in: 16...1400, using: &random)
                    )
                    return TrafficLab.Leg(exchange, client: client, server: server)
                }
            }
    }

    func startClassifier() async throws {
        try await deployment.startClassifier(["--database", ledgerDisk.file("ledger.db")])
    }

    func startAgent() async throws {
        // Small segments and short intervals, so that everything happens often.
        let root = (CgroupLab.mountPoint ?? "") + lab.parentCgroup
        try await deployment.startAgent(
            [
                "--classifier", link.url, "--cgroup-root", root, "--pin", pins.path, "--spool", spoolDisk.file("spool"),
                "--spool-bytes", "1MiB",
            ],
            interval: "100ms"
        )
    }

    /// Lets misfortunes happen for `time`, while traffic runs; then mends everything and lets all be delivered.
    func run(for time: Duration) async throws {
        try await startClassifier()
        try await startAgent()
        let isOver = Mutex(false)
        let traffic = Task { [lab] in
            repeat { try await lab.run() } while !isOver.withLock(\.self)
        }
        do {
            while ContinuousClock.now - began < time {
                try await pause(100...900)
                let fault = Fault.allCases.randomElement(using: &random) ?? .linkCut
                note(fault.rawValue)
                try await happen(fault)
            }
        } catch {
            isOver.withLock { $0 = true }
            _ = try? await traffic.value
            throw error
        }
        link.set(.calm)
        try agentClock.set(seconds: 0)
        try classifierClock.set(seconds: 0)
        isOver.withLock { $0 = true }
        try await traffic.value
        note("calm; requests: \(link.tally)")
        try await deployment.waitUntilDelivered()
        try await deployment.stopAgent()
    }

    /// Ends everything and takes it away.
    func remove() {
        deployment.remove()
        lab.remove()
    }

    private func happen(_ fault: Fault) async throws {
        switch fault {
        case .agentKilled:
            deployment.killAgent()
            try await startAgent()
        case .classifierKilled:
            deployment.killClassifier()
            try await startClassifier()
        case .bothKilled:
            deployment.killClassifier()
            deployment.killAgent()
            try await startAgent()
            try await pause(0...500)
            try await startClassifier()
        case .agentStopped:
            try await deployment.stopAgent()
            try await startAgent()
        case .classifierStopped:
            try await deployment.stopClassifier()
            try await startClassifier()
        case .linkCut:
            try await weather(FaultyLink.Weather(isCut: true))
        case .linkBad:
            try await weather(
                FaultyLink.Weather(losesRequest: 6, losesAnswer: 4, repeatsRequest: 3, holdsBack: 4, delay: 20)
            )
        case .linkSlow:
            try await weather(FaultyLink.Weather(delay: 400))
        case .spoolFull:
            try spoolDisk.fill()
            try await pause(300...1500)
            spoolDisk.empty()
        case .ledgerFull:
            try ledgerDisk.fill()
            try await pause(300...1500)
            ledgerDisk.empty()
        case .spoolReadOnly:
            // The agent opens the spool's files for as long as it writes.
            while !spoolDisk.setReadOnly(true) { try await pause(1...3) }
            try await pause(300...1500)
            _ = spoolDisk.setReadOnly(false)
        case .ledgerReadOnly: try await refuseLedger()
        case .agentClockSet: try set(agentClock)
        case .classifierClockSet: try set(classifierClock)
        case .spoolDamaged: try await damageSpool()
        case .ledgerRestored: try await restoreLedger()
        }
    }

    private func weather(_ weather: FaultyLink.Weather) async throws {
        link.set(weather)
        try await pause(300...2000)
        link.set(.calm)
    }

    /// Sets a clock to be wrong by up to an hour and a half, or right.
    private func set(_ clock: ClockShift) throws {
        let seconds = [0, 90, 1200, 5400].randomElement(using: &random) ?? 0
        let shift = Bool.random(using: &random) ? seconds : -seconds
        note("  \(shift) s")
        try clock.set(seconds: shift)
    }

    /// Starts the classifier while its disk is read-only: it ends with a sentence, and starts when that is mended.
    private func refuseLedger() async throws {
        deployment.killClassifier()
        guard ledgerDisk.setReadOnly(true) else { throw LaunchError("the ledger's disk cannot be made read-only") }
        do {
            try await startClassifier()
            note("  it started all the same")
            deployment.killClassifier()
        } catch {
            note("  \("\(error)".split(separator: "\n").last { $0.contains("rror:") } ?? "no error")")
        }
        guard ledgerDisk.setReadOnly(false) else { throw LaunchError("the ledger's disk stays read-only") }
        try await startClassifier()
    }

    /// Changes one byte of the spool while nobody looks and batches wait.
    private func damageSpool() async throws {
        link.set(FaultyLink.Weather(isCut: true))
        try await pause(600...1500)
        deployment.killAgent()
        let folder = spoolDisk.file("spool")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        // The newest segment has what waits.
        let name = names.last { $0.hasPrefix("segment-") } ?? "state"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
        if !bytes.isEmpty {
            let index = Int.random(in: max(0, bytes.count - 4000)..<bytes.count, using: &random)
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/" + name))
            try handle.seek(toOffset: UInt64(index))
            try handle.write(contentsOf: Data([bytes[index]]))
            try handle.close()
            damages += 1
            note("  byte \(index) of \(bytes.count) of \(name)")
        }
        try await startAgent()
        link.set(.calm)
    }

    /// What the ledger holds, by `dimensions`: of all the time that any clock was set to.
    func usage(by dimensions: [String]) async throws -> Usage {
        func text(_ hours: Double) -> String {
            ISO8601DateFormatter().string(from: Date.now.addingTimeInterval(hours * 3600))
        }
        return try await deployment.usage(by: dimensions, from: text(-4), to: text(4))
    }

    /// Puts back a copy of the ledger that is not older than the agent keeps batches, or makes one.
    private func restoreLedger() async throws {
        deployment.killClassifier()
        let names = ["ledger.db", "ledger.db-wal"]
        if let copy, ContinuousClock.now - copy.made < .seconds(50) {
            for name in names + ["ledger.db-shm"] { try? FileManager.default.removeItem(atPath: ledgerDisk.file(name)) }
            for (name, data) in copy.files { try data.write(to: URL(fileURLWithPath: ledgerDisk.file(name))) }
            self.copy = nil
            note("  put back")
        } else {
            var files: [String: Data] = [:]
            for name in names where FileManager.default.fileExists(atPath: ledgerDisk.file(name)) {
                files[name] = try Data(contentsOf: URL(fileURLWithPath: ledgerDisk.file(name)))
            }
            copy = (files, .now)
            note("  copied")
        }
        try await startClassifier()
    }

    private func pause(_ milliseconds: ClosedRange<Int>) async throws {
        // A schedule is made of times; nothing waits here for something to happen.
        try await Task.sleep(for: .milliseconds(Int.random(in: milliseconds, using: &random)))
    }

    private func note(_ text: String) {
        let (seconds, attoseconds) = (ContinuousClock.now - began).components
        let line = "+\(seconds).\(attoseconds / 100_000_000_000_000_000) s \(text)"
        print("fault: \(line)")
        log.append(line)
    }
}
