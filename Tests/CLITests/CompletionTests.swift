// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite struct CompletionTests {
    /// Scripts name every command, and each shell that is here can read its own.
    @Test(arguments: [("bash", CompletionShell.bash), ("zsh", .zsh), ("fish", .fish)])
    func everyShellHasItsScript(name: String, shell: CompletionShell) throws {
        let script = NetLedger.completionScript(for: shell)
        for command in NetLedger.configuration.subcommands {
            #expect(script.contains(command._commandName), "\(command)")
        }
        for flag in ["basis", "last-month", "before-start"] {
            #expect(script.contains(flag), "\(flag)")
        }
        guard TestEnvironment.has(name) else { return }
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = directory.file("script")
        try script.write(toFile: file, atomically: true, encoding: .utf8)
        try Shell.run([name, "-n", file])
    }

    /// The statuses that the README promises.
    @Test func exitCodesAreThoseOfTheReadme() throws {
        #expect(NetLedger.exitCode(for: CommandFailure("no")).rawValue == 1)
        for arguments in [["usage", "--no-such-flag"], ["surprise"], ["costs", "--last", "1h", "--month", "2026-10"]] {
            let error = #expect(throws: (any Error).self) {
                let command = try NetLedger.parseAsRoot(arguments)
                if let costs = command as? CostsCommand { _ = try costs.period.parameters(now: 0) }
            }
            if let error { #expect(NetLedger.exitCode(for: error).rawValue == 64, "\(arguments)") }
        }
    }

    /// Those who wait see how much has come, and not more often than a megabyte.
    @Test func progressIsShownAsItGrows() {
        var shown: [String] = []
        var progress = Download.Progress(shows: true) { shown.append($0) }
        for _ in 0..<8 { progress.count([UInt8](repeating: 0, count: 500_000)) }
        progress.finish()
        #expect(shown == ["1.50 MB", "3.00 MB", "4.00 MB\n"])
        shown = []
        var silent = Download.Progress(shows: false) { shown.append($0) }
        silent.count([UInt8](repeating: 0, count: 5_000_000))
        silent.finish()
        #expect(shown.isEmpty)
    }
}
