// SPDX-License-Identifier: Apache-2.0

/// Splits RFC 4180 text into cells, in the plainest way there is.
enum CSVText {
    /// The lines of `text`, which must each end in CR LF, as their cells.
    static func cells(_ text: String) -> [[String]] {
        var lines: [[String]] = []
        var line: [String] = []
        var cell = ""
        var quoted = false
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"" where quoted && rest.first == "\"":
                cell.unicodeScalars.append("\"")
                rest.removeFirst()
            case "\"":
                quoted.toggle()
            case "," where !quoted:
                line.append(cell)
                cell = ""
            case "\r" where !quoted && rest.first == "\n":
                rest.removeFirst()
                lines.append(line + [cell])
                line = []
                cell = ""
            default:
                cell.unicodeScalars.append(scalar)
            }
        }
        return lines
    }
}
