// SPDX-License-Identifier: Apache-2.0

/// Finds the word that was probably meant.
enum Spelling {
    /// The nearest of `words` if it is near enough to suggest: a third of its letters wrong, at most.
    ///
    /// Letter case and `_` for `-` are no differences.
    static func closest(to word: String, among words: [String]) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let written = normalised(word)
        return
            words
            .map { (word: $0, distance: distance(written, normalised($0))) }
            .filter { $0.distance <= max(1, $0.word.utf8.count / 3) }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?
            .word
    }

    private static func normalised(_ word: String) -> [UInt8] {
        word.lowercased().utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
    }

    /// Letters to insert, delete or replace to get from one word to the other (Levenshtein).
    private static func distance(_ from: [UInt8], _ to: [UInt8]) -> Int {
        var row = Array(0...to.count)
        for (i, letter) in from.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in to.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
            }
        }
        return row[to.count]
    }
}
