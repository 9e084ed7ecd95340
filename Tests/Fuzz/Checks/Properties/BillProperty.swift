// SPDX-License-Identifier: Apache-2.0
import Queries

/// A bill is refused at a line, or it says the same however its bytes come.
enum BillProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        let (whole, pieces) = (try outcome(bytes, piece: max(1, bytes.count)), try outcome(bytes, piece: 3))
        try FuzzFailure.unless(whole == pieces, "in one piece \(whole), in many \(pieces)")
        var validator = FocusValidator()
        validator.read(bytes)
        validator.finish()
        try FuzzFailure.unless(validator.count >= validator.findings.count, "findings that are not counted")
    }

    /// What the bill says, or why it is refused.
    private static func outcome(_ bytes: [UInt8], piece: Int) throws(FuzzFailure) -> String {
        var bill = Bill()
        do {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                try bill.read(bytes[start..<min(start + piece, bytes.count)])
            }
            try bill.finish()
        } catch {
            try FuzzFailure.unless(error is Bill.Failure || error is CSVReader.Failure, "another error: \(error)")
            return "\(error)"
        }
        return "\(bill.lines) \(bill.currency ?? "") \(bill.others) \(bill.sortedItems)"
    }
}
