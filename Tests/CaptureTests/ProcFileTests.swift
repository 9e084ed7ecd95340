// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Capture

struct ProcFileTests {
    /// The kernel's symbols are megabytes, which it gives page by page.
    @Test func aFileOfManyPagesIsReadWhole() throws {
        let text = try ProcFile.read("/proc/kallsyms")
        #expect(text.utf8.count > 100_000)
        #expect(text.utf8.count == (try Shell.run(["cat", "/proc/kallsyms"])).utf8.count)
    }

    @Test func aFileThatIsNotThereIsNamed() {
        let error = #expect(throws: CaptureError.self) { try ProcFile.read("/proc/nothing") }
        #expect(error?.description.contains("/proc/nothing") == true)
    }
}
