// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite(.timeLimit(.minutes(2))) struct RunningProgramTests {
    private func shell(_ script: String, in directory: TemporaryDirectory) throws -> RunningProgram {
        try RunningProgram(
            RunPlan.Command(path: "/bin/sh", arguments: ["-c", script], log: directory.file("log"), url: "")
        )
    }

    @Test func itsEndAndItsLogAreKnown() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try Data("an earlier run\n".utf8).write(to: URL(fileURLWithPath: directory.file("log")))
        let program = try shell("echo one; echo two >&2; printf '\\033[2Jthree'; exit 3", in: directory)
        #expect(await program.run(stopWithin: .seconds(1)) == .exited(code: 3))
        #expect(program.logTail(lines: 10) == ["one", "two", "\u{fffd}[2Jthree"])
        #expect(program.logTail(lines: 1) == ["\u{fffd}[2Jthree"])
        let log = try String(contentsOfFile: directory.file("log"), encoding: .utf8)
        #expect(log.hasPrefix("an earlier run\none\n"))
        program.stop()
        program.kill()
    }

    @Test func itHasAProcessGroupOfItsOwn() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let program = try shell("cut -d' ' -f1,5 /proc/self/stat; echo $$", in: directory)
        #expect(await program.run(stopWithin: .seconds(1)) == .exited(code: 0))
        let lines = program.logTail(lines: 2)
        let group = lines.first?.split(separator: " ").last.map(String.init)
        #expect(group == lines.last, "the group of the shell's child is the shell: \(lines)")
        #expect(group != "\(getpgrp())")
    }

    @Test func aStopThatComesBeforeTheProcessIsNotLost() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let program = try shell("exec sleep 600", in: directory)
        program.stop()
        #expect(await program.run(stopWithin: .seconds(600)) == .signalled(SIGTERM))
    }

    @Test func aKillTakesTheWholeGroup() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let program = try shell("trap '' TERM; sleep 600 & echo $!; wait", in: directory)
        async let end = program.run(stopWithin: .seconds(600))
        try await waitUntil("the shell has started its child") { !program.logTail(lines: 1).isEmpty }
        let child = try #require(program.logTail(lines: 1).first.flatMap { pid_t($0) })
        program.stop()
        program.kill()
        #expect(await end == .signalled(SIGKILL))
        try await waitUntil("the child has gone") { Glibc.kill(child, 0) != 0 || isZombie(child) }
    }

    @Test func aCancelledTaskStopsIt() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let program = try shell("echo up; exec sleep 600", in: directory)
        let task = Task { await program.run(stopWithin: .seconds(600)) }
        try await waitUntil("the shell is up") { !program.logTail(lines: 1).isEmpty }
        task.cancel()
        #expect(await task.value != .exited(code: 0))
    }

    @Test func whatCannotStartSaysWhy() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let program = try RunningProgram(
            RunPlan.Command(path: directory.file("nothing"), arguments: [], log: directory.file("log"), url: "")
        )
        guard case .notStarted(let reason) = await program.run(stopWithin: .seconds(1)) else {
            Issue.record("it ran")
            return
        }
        #expect(!reason.isEmpty)
        #expect(throws: CommandFailure.self) {
            _ = try RunningProgram(
                RunPlan.Command(path: "/bin/sh", arguments: [], log: directory.file("no/such/log"), url: "")
            )
        }
    }

    /// A killed child of a killed shell stays a zombie where no init adopts it.
    private func isZombie(_ process: pid_t) -> Bool {
        // A process that has gone meanwhile has no file.
        let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return stat?.contains(") Z ") == true
    }
}
