// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    @Test func outputEnvironmentDirectoryAndExitCodeAreSeen() async throws {
        defer { folder.remove() }
        let child = try ChildProcess(
            ["sh", "-c", "echo \"$GREETING from $PWD\"; echo oops >&2; exit 7"],
            environment: ["GREETING": "hello"],
            directory: folder.path,
            outputPath: folder.file("out")
        )
        #expect(try await child.waitForLine(containing: "hello") == "hello from \(folder.path)")
        #expect(try await child.waitForExit() == .code(7))
        #expect(child.output.hasSuffix("oops\n"))
        await #expect(throws: LaunchError.self) { try await child.waitForSuccess() }
    }

    @Test func signalsEndIt() async throws {
        defer { folder.remove() }
        let child = try ChildProcess(["sleep", "1000"], outputPath: folder.file("out"))
        #expect(child.exitStatus == nil)
        child.signal(SIGINT)
        #expect(try await child.waitForExit() == .signal(SIGINT))
        child.kill()
        #expect(child.exitStatus == .signal(SIGINT))
    }

    /// Also for a descendant, which is in the child's process group.
    @Test func itDoesNotOutliveItsObject() async throws {
        defer { folder.remove() }
        var child: ChildProcess? = try ChildProcess(
            ["sh", "-c", "sleep 1000 & echo child $!; wait"],
            outputPath: folder.file("out")
        )
        let line = try await child?.waitForLine(containing: "child")
        let descendant = try #require(line?.split(separator: " ").last.flatMap { pid_t($0) })
        let processID = try #require(child?.processID)
        child = nil
        #expect(kill(processID, 0) == -1 && errno == ESRCH)
        // The descendant is not our child: whoever adopts it reaps it, so a zombie counts as ended.
        try await waitUntil("the descendant has ended") {
            let stat = (try? String(contentsOfFile: "/proc/\(descendant)/stat", encoding: .utf8)) ?? ") Z"
            return stat.split(separator: ")").last?.hasPrefix(" Z") ?? true
        }
    }

    @Test func aLineThatNeverComesIsAnErrorWithTheOutput() async throws {
        defer { folder.remove() }
        let child = try ChildProcess(["echo", "something else"], outputPath: folder.file("out"))
        let error = await #expect(throws: LaunchError.self) { try await child.waitForLine(containing: "ready") }
        #expect(error?.description.contains("something else") == true)
    }

    @Test func aProgramThatIsMissingCannotStart() {
        defer { folder.remove() }
        #expect(throws: LaunchError.self) {
            try ChildProcess(["no-such-program"], outputPath: folder.file("out"))
        }
    }

    @Test func aToolsErrorsAreInTheError() {
        defer { folder.remove() }
        let error = #expect(throws: LaunchError.self) { try Shell.run(["ls", "/no/such/file"]) }
        #expect(error?.description.contains("No such file") == true)
    }

    @Test func aConditionThatNeverHoldsIsAnError() async {
        defer { folder.remove() }
        let error = await #expect(throws: DeadlineError.self) {
            try await waitUntil("pigs fly", within: .milliseconds(20)) { false }
        }
        #expect(error?.description.contains("pigs fly") == true)
    }
}
