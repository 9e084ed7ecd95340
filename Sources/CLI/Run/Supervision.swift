// SPDX-License-Identifier: Apache-2.0

/// What `netledger run` does next: a state machine of events and actions, without any process in it.
///
/// The classifier is started first and stopped last, so that the agent always has somewhere to deliver; whatever
/// goes wrong, everything that was started is stopped in that order.
struct Supervision {
    /// One of the two programs.
    enum Program: String, Hashable, Sendable, CaseIterable {
        case classifier
        case agent
    }

    /// What happened.
    enum Event: Hashable, Sendable {
        /// The program takes requests.
        case ready(Program)
        /// The program has ended, or could not be started.
        case ended(Program, ProgramEnd)
        /// The time for what the program was to do, start or stop, is over.
        case overdue(Program, Deadline)
        /// The user wants everything to stop.
        case interrupted
    }

    /// What to do about it, in order.
    enum Action: Hashable, Sendable {
        case start(Program)
        /// Asks the program to end by itself (`SIGTERM`).
        case stop(Program)
        /// Ends the program and what it started (`SIGKILL`).
        case kill(Program)
        /// Says ``Event/overdue(_:_:)`` after a while.
        case expect(Program, Deadline)
        case showTable
        case hideTable
        /// Everything has ended.
        case finish
    }

    /// What a program may take its time for, but not for ever.
    enum Deadline: Hashable, Sendable {
        case ready
        case end
    }

    /// What went wrong first and which program's log tells more, or `nil` if nothing did.
    private(set) var failure: Failure?

    /// The first thing that went wrong.
    struct Failure: Hashable, Sendable {
        /// The program it happened to.
        var program: Program
        /// What happened, as a clause: "ended by itself with exit code 1".
        var reason: String
    }

    private enum Phase: Equatable {
        case starting(Program)
        case running
        case stopping
    }

    private var phase = Phase.starting(.classifier)
    private var alive: Set<Program> = []
    private var killed: Set<Program> = []

    /// What to do first.
    mutating func begin() -> [Action] {
        alive = [.classifier]
        return [.start(.classifier), .expect(.classifier, .ready)]
    }

    /// What to do about `event`.
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .ready(let program):
            guard phase == .starting(program), alive.contains(program) else { return [] }
            switch program {
            case .classifier:
                phase = .starting(.agent)
                alive.insert(.agent)
                return [.start(.agent), .expect(.agent, .ready)]
            case .agent:
                phase = .running
                return [.showTable]
            }
        case .ended(let program, let end):
            alive.remove(program)
            if phase != .stopping {
                fail(program, "ended by itself\(end.clause)")
                return stopAll()
            }
            if !end.isSuccess, !killed.contains(program) {
                fail(program, "did not stop cleanly: it ended\(end.clause)")
            }
            return stopNext()
        case .overdue(let program, .ready):
            guard phase == .starting(program), alive.contains(program) else { return [] }
            fail(program, "was not ready in time")
            return stopAll()
        case .overdue(let program, .end):
            guard phase == .stopping, alive.contains(program) else { return [] }
            fail(program, "did not stop in time and was killed")
            killed.insert(program)
            return [.kill(program)]
        case .interrupted:
            if phase != .stopping { return stopAll() }
            // Asked twice: do not wait any longer.
            for program in alive { fail(program, "was killed before it had stopped") }
            killed.formUnion(alive)
            return Program.allCases.filter(alive.contains).map { .kill($0) }
        }
    }

    private mutating func fail(_ program: Program, _ reason: String) {
        if failure == nil { failure = Failure(program: program, reason: reason) }
    }

    private mutating func stopAll() -> [Action] {
        let table: [Action] = phase == .running ? [.hideTable] : []
        phase = .stopping
        return table + stopNext()
    }

    private func stopNext() -> [Action] {
        for program in [Program.agent, .classifier] where alive.contains(program) {
            return [.stop(program), .expect(program, .end)]
        }
        return [.finish]
    }
}

/// How a program ended.
enum ProgramEnd: Hashable, Sendable {
    case exited(code: Int32)
    case signalled(Int32)
    case notStarted(reason: String)

    /// True if the program says that all went well.
    var isSuccess: Bool {
        self == .exited(code: 0)
    }

    /// How, as the end of a sentence.
    var clause: String {
        switch self {
        case .exited(let code): " with exit code \(code)"
        case .signalled(let signal): " by signal \(signal)"
        case .notStarted(let reason): ": it could not be started: \(reason)"
        }
    }
}
