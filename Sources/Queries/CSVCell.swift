// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends `text` as one cell; see ``UsageAnswer/csvHeader``.
    mutating func appendCSVCell(_ text: String) {
        let quote = UInt8(ascii: "\"")
        let needsQuotes = text.utf8.contains { byte in
            byte == quote || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
        }
        if needsQuotes { append(quote) }
        switch text.utf8.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
            UInt8(ascii: "\r"):
            append(UInt8(ascii: "'"))
        default: break
        }
        guard needsQuotes else {
            append(contentsOf: text.utf8)
            return
        }
        for byte in text.utf8 {
            if byte == quote { append(quote) }
            append(byte)
        }
        append(quote)
    }
}
