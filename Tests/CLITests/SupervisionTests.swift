// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import CLI

@Suite struct SupervisionTests {
    private typealias Program = Supervision.Program
    private typealias Action = Supervision.Action
    private typealias Event = Supervision.Event

    /// Feeds events to a new machine and gives what it answered to the last.
    private func actions(after events: [Event]) -> (actions: [Action], failure: Supervision.Failure?) {
        var supervision = Supervision()
        var actions = supervision.begin()
        for event in events { actions = supervision.handle(event) }
        return (actions, supervision.failure)
    }

    @Test func aRunThatIsStoppedByTheUser() {
        var events: [Event] = []
        #expect(actions(after: events).actions == [.start(.classifier), .expect(.classifier, .ready)])
        events.append(.ready(.classifier))
        #expect(actions(after: events).actions == [.start(.agent), .expect(.agent, .ready)])
        events.append(.ready(.agent))
        #expect(actions(after: events).actions == [.showTable])
        events += [.overdue(.classifier, .ready), .overdue(.agent, .ready)]
        #expect(actions(after: events).actions == [])
        events.append(.interrupted)
        #expect(actions(after: events).actions == [.hideTable, .stop(.agent), .expect(.agent, .end)])
        events.append(.ended(.agent, .exited(code: 0)))
        #expect(actions(after: events).actions == [.stop(.classifier), .expect(.classifier, .end)])
        events.append(.overdue(.agent, .end))
        #expect(actions(after: events).actions == [])
        events.append(.ended(.classifier, .exited(code: 0)))
        #expect(actions(after: events).actions == [.finish])
        #expect(actions(after: events).failure == nil)
    }

    @Test func aClassifierThatCannotStart() {
        let (actions, failure) = actions(after: [.ended(.classifier, .exited(code: 1))])
        #expect(actions == [.finish])
        #expect(failure == Supervision.Failure(program: .classifier, reason: "ended by itself with exit code 1"))
    }

    @Test func anAgentThatCannotStartTakesTheClassifierWithIt() {
        let died: [Event] = [.ready(.classifier), .ended(.agent, .notStarted(reason: "no such file"))]
        #expect(actions(after: died).actions == [.stop(.classifier), .expect(.classifier, .end)])
        let (actions, failure) = actions(after: died + [.ready(.agent), .ended(.classifier, .exited(code: 0))])
        #expect(actions == [.finish])
        #expect(
            failure
                == Supervision.Failure(
                    program: .agent,
                    reason: "ended by itself: it could not be started: no such file"
                )
        )
    }

    @Test func aProgramThatIsNeverReady() {
        let late: [Event] = [.ready(.classifier), .overdue(.agent, .ready)]
        #expect(actions(after: late).actions == [.stop(.agent), .expect(.agent, .end)])
        #expect(actions(after: late).failure?.reason == "was not ready in time")
    }

    @Test func aClassifierThatDiesWhileMetering() {
        let died: [Event] = [.ready(.classifier), .ready(.agent), .ended(.classifier, .signalled(9))]
        #expect(actions(after: died).actions == [.hideTable, .stop(.agent), .expect(.agent, .end)])
        let (actions, failure) = actions(after: died + [.ended(.agent, .exited(code: 1))])
        #expect(actions == [.finish])
        // The first failure is the cause; the agent only follows.
        #expect(failure == Supervision.Failure(program: .classifier, reason: "ended by itself by signal 9"))
    }

    @Test func aProgramThatDoesNotStopIsKilled() {
        let stuck: [Event] = [.ready(.classifier), .ready(.agent), .interrupted, .overdue(.agent, .end)]
        #expect(actions(after: stuck).actions == [.kill(.agent)])
        let (actions, failure) = actions(after: stuck + [.ended(.agent, .signalled(9))])
        #expect(actions == [.stop(.classifier), .expect(.classifier, .end)])
        #expect(failure == Supervision.Failure(program: .agent, reason: "did not stop in time and was killed"))
    }

    @Test func aSecondInterruptKills() {
        let twice: [Event] = [.ready(.classifier), .ready(.agent), .interrupted, .interrupted]
        #expect(actions(after: twice).actions == [.kill(.classifier), .kill(.agent)])
        #expect(actions(after: twice).failure != nil)
    }

    @Test func anInterruptBeforeAnythingIsReady() {
        let (actions, failure) = actions(after: [.interrupted])
        #expect(actions == [.stop(.classifier), .expect(.classifier, .end)])
        #expect(failure == nil)
    }

    /// Random worlds: programs become ready, die, hang and are interrupted at any time.
    @Test func whateverHappensTheAgentIsStoppedFirstAndNothingIsLeft() {
        var random = SeededRandom()
        for _ in 0..<5000 {
            var supervision = Supervision()
            var alive: Set<Program> = []
            var deadlines: [Event] = []
            var finished = false
            var clean = true
            var log: [String] = []
            func perform(_ actions: [Action]) {
                for action in actions {
                    log.append("\(action)")
                    let comment = Comment(rawValue: "\(log), seed \(random.seed)")
                    #expect(!finished, comment)
                    switch action {
                    case .start(let program):
                        #expect(alive.insert(program).inserted, comment)
                        #expect(program == .classifier || alive.contains(.classifier), comment)
                    case .stop(let program), .kill(let program):
                        #expect(alive.contains(program), comment)
                        if case .stop(.classifier) = action { #expect(!alive.contains(.agent), comment) }
                    case .expect(let program, let deadline): deadlines.append(.overdue(program, deadline))
                    case .showTable: #expect(alive.count == 2, comment)
                    case .hideTable: break
                    case .finish:
                        #expect(alive.isEmpty, comment)
                        finished = true
                    }
                }
            }
            perform(supervision.begin())
            for step in 0..<200 where !finished {
                let running = Program.allCases.filter(alive.contains)
                let event: Event
                // In the end the user gives up waiting, and the killed die.
                switch step < 20 ? Int.random(in: 0..<5, using: &random) : step % 2 == 0 ? 4 : 1 {
                case 0: event = .ready(running.randomElement(using: &random) ?? .agent)
                case 1, 2:
                    guard let program = running.randomElement(using: &random) else { continue }
                    let end = [ProgramEnd.exited(code: 0), .exited(code: 1), .signalled(9)]
                        .randomElement(using: &random)
                    event = .ended(program, end ?? .exited(code: 0))
                    alive.remove(program)
                    if end != .exited(code: 0) { clean = false }
                case 3:
                    guard !deadlines.isEmpty else { continue }
                    event = deadlines.removeFirst()
                default: event = .interrupted
                }
                log.append("(\(event))")
                perform(supervision.handle(event))
            }
            #expect(finished, "\(log), seed \(random.seed)")
            if !clean { #expect(supervision.failure != nil, "\(log), seed \(random.seed)") }
        }
    }
}
