// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries
import UnixSignals

/// Performs what ``Supervision`` decides: processes, signals, clocks and the terminal.
struct Runner {
    let plan: RunPlan
    /// The live table's question; its start is set to the start of the run.
    let talkers: TopTalkers
    /// Time between two refreshes of the table.
    let refresh: Duration

    private typealias Event = Supervision.Event
    private typealias Program = Supervision.Program

    /// Starts everything, and comes back when everything has ended.
    ///
    /// - Throws: ``CommandFailure`` with the end of the log if a program failed.
    func run() async throws {
        try makeFolder(plan.logs)
        try makeFolder(URL(fileURLWithPath: plan.database).deletingLastPathComponent().path)
        for program in Program.allCases {
            let url = plan[program].url
            guard await client(program).code("/healthz", within: .seconds(2)) == nil else {
                throw CommandFailure(
                    "Something already answers at \(url). Stop it, or choose another address with "
                        + "\(program == .agent ? "--agent-listen" : "--listen")."
                )
            }
        }
        let programs = [
            Program.classifier: try RunningProgram(plan.classifier), .agent: try RunningProgram(plan.agent),
        ]
        // Trapped before anything is started, so that no signal can leave a child behind.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let failure = try await withThrowingTaskGroup(of: Void.self) { group in
            let (events, feed) = AsyncStream.makeStream(of: Event.self)
            group.addTask {
                for await _ in signals { feed.yield(.interrupted) }
            }
            let failure = try await supervise(programs, events: events, feed: feed, in: &group)
            group.cancelAll()
            return failure
        }
        if let failure {
            throw CommandFailure(describe(failure, log: programs[failure.program]?.logTail(lines: 15) ?? []))
        }
        try StandardOutput.write(
            "The ledger is in \(plan.database): serve it again with 'netledger-classifier --database "
                + "\(plan.database)' and ask with 'netledger usage --by namespace,pod --last 1h'.\n"
        )
    }

    private func supervise(
        _ programs: [Program: RunningProgram],
        events: AsyncStream<Event>,
        feed: AsyncStream<Event>.Continuation,
        in group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> Supervision.Failure? {
        var supervision = Supervision()
        var table: Task<Void, Never>?
        var iterator = events.makeAsyncIterator()
        var actions = supervision.begin()
        while true {
            for action in actions {
                switch action {
                case .start(let program):
                    say("Starting the \(program.rawValue); its log is \(plan[program].log)")
                    guard let process = programs[program] else { continue }
                    group.addTask {
                        feed.yield(.ended(program, await process.run(stopWithin: plan.stopWithin)))
                    }
                    group.addTask {
                        try await waitUntilReady(program)
                        feed.yield(.ready(program))
                    }
                case .stop(let program):
                    if program == .agent {
                        say("Stopping the agent; it uploads what it has counted. Ctrl-C again kills it")
                    } else {
                        say("Stopping the classifier")
                    }
                    programs[program]?.stop()
                case .kill(let program):
                    say("Killing the \(program.rawValue)")
                    programs[program]?.kill()
                case .expect(let program, let deadline):
                    group.addTask {
                        try await Task.sleep(for: deadline == .ready ? plan.startWithin : plan.stopWithin)
                        feed.yield(.overdue(program, deadline))
                    }
                case .showTable:
                    say("Metering. Ask \(plan.classifier.url)/api/v1/usage?group_by=namespace, or stop with Ctrl-C")
                    table = Task { await showTable(feed) }
                case .hideTable:
                    // Awaited, so that no frame is drawn over what is said next.
                    table?.cancel()
                    await table?.value
                case .finish:
                    return supervision.failure
                }
            }
            // The stream has no end: `finish` is the only way out.
            guard let event = await iterator.next() else { return supervision.failure }
            actions = supervision.handle(event)
        }
    }

    /// Draws until it is cancelled; a terminal that has gone stops the run.
    private func showTable(_ feed: AsyncStream<Event>.Continuation) async {
        var talkers = talkers
        talkers.start = UTCTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)).description
        var view = LiveView(isTerminal: StandardOutput.isTerminal)
        do {
            try await talkers.show(from: client(.classifier), every: refresh, in: &view)
        } catch {
            feed.yield(.interrupted)
        }
    }

    private func waitUntilReady(_ program: Program) async throws {
        let client = client(program)
        while true {
            // A program without a readiness of its own is ready when it answers at all.
            switch await client.code("/readyz", within: .seconds(2)) {
            case 200: return
            case 404 where await client.code("/healthz", within: .seconds(2)) == 200: return
            default: try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func client(_ program: Program) -> ClassifierClient {
        ClassifierClient(checked: plan[program].url)
    }

    private func describe(_ failure: Supervision.Failure, log: [String]) -> String {
        let tail = log.isEmpty ? "It logged nothing." : "The end of its log:\n" + log.joined(separator: "\n")
        return
            "The \(failure.program.rawValue) \(failure.reason). \(tail)\nAll of it is in \(plan[failure.program].log)."
    }

    /// Says how far things are; on standard error, so that standard output holds tables only.
    private func say(_ sentence: String) {
        FileHandle.standardError.write(Data("\(sentence).\n".utf8))
    }

    private func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("Cannot make the directory \(path): \(error.localizedDescription)")
        }
    }
}
