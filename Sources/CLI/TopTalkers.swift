// SPDX-License-Identifier: Apache-2.0
import Queries

/// The question a live table asks, and how its answer is laid out.
struct TopTalkers: Sendable {
    /// Dimension names, separated by commas.
    var by: String
    /// `start` of the query: `-10m` for a moving window, or a fixed time.
    var start: String
    /// The most groups to name.
    var rows: Int
    /// How bytes are written.
    var units: ByteUnits

    /// The question as the API takes it.
    ///
    /// - Parameter screen: The terminal that the answer must fit, if there is one.
    func parameters(screen: (rows: Int, columns: Int)?) -> [(name: String, value: String)] {
        // Besides the rows: range, heading, the others, the total, a note on what was lost, the cursor's line.
        let limit = screen.map { max(1, min(rows, $0.rows - 7)) } ?? rows
        return [("start", start), ("group_by", by), ("order", "bytes"), ("limit", String(limit))]
    }

    /// The lines of an answer.
    func lines(_ answer: UsageAnswer, screen: (rows: Int, columns: Int)?) -> [String] {
        var lines = answer.tableLines(units: units, width: screen?.columns)
        guard let screen else { return lines }
        // Reasons of loss are the only part whose number nothing bounds.
        lines = lines.prefix(max(1, screen.rows - 1)).map { String($0.prefix(screen.columns)) }
        return lines
    }

    /// Shows the table until the task is cancelled, or once.
    ///
    /// An answer that does not come is shown as such, and asked for again.
    ///
    /// - Parameters:
    ///   - client: Whom to ask.
    ///   - interval: Time between two questions; `nil` asks once, and throws if there is no answer.
    ///   - view: Where the lines go.
    func show(from client: ClassifierClient, every interval: Duration?, in view: inout LiveView) async throws {
        while !Task.isCancelled {
            let screen = StandardOutput.isTerminal ? StandardOutput.size : nil
            do {
                let answer = try await client.usage(parameters(screen: screen))
                if Task.isCancelled { return }
                try StandardOutput.write(view.frame(lines(answer, screen: screen)))
            } catch let failure as CommandFailure where interval != nil {
                if Task.isCancelled { return }
                let message = "\(failure) Trying again."
                try StandardOutput.write(view.frame([screen.map { String(message.prefix($0.columns)) } ?? message]))
            }
            guard let interval else { return }
            // Ends early only because the task is cancelled, which the loop asks for.
            try? await Task.sleep(for: interval)
        }
    }
}
