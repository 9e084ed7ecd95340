// SPDX-License-Identifier: Apache-2.0

/// Cells in columns that are as wide as they need to be, as Markdown; the first row is the head.
package struct Table: CustomStringConvertible {
    private let rows: [[String]]

    /// A table of `rows`, each with as many cells as the first.
    package init(_ rows: [[String]]) {
        self.rows = rows
    }

    package var description: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            "| " + zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " | ")
                + " |"
        }
        lines.insert("|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|", at: 1)
        return lines.joined(separator: "\n")
    }
}
