// SPDX-License-Identifier: Apache-2.0

/// Lines that are shown again and again: redrawn in place on a terminal, written once per change elsewhere.
struct LiveView {
    private let isTerminal: Bool
    private var shown: [String] = []

    /// A view that has shown nothing yet.
    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
    }

    /// What to write so that `lines` are what is seen.
    ///
    /// - Parameter lines: On a terminal they must fit it, or what is above them scrolls away.
    mutating func frame(_ lines: [String]) -> String {
        let text = lines.map { $0 + "\n" }.joined()
        defer { shown = lines }
        guard isTerminal else { return lines == shown ? "" : text }
        // Up to the first line of the last frame, and clear from there to the end of the screen.
        return (shown.isEmpty ? "" : "\u{1b}[\(shown.count)A\r\u{1b}[J") + text
    }
}
