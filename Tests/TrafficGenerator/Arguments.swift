// SPDX-License-Identifier: Apache-2.0

/// Command line words, taken out as they are understood, so that what is left over is a mistake.
struct Arguments {
    private var words: [String]

    init(_ words: some Sequence<String>) {
        self.words = Array(words)
    }

    /// Takes the first word.
    mutating func next() throws(GeneratorError) -> String {
        guard !words.isEmpty else { throw .usage("expected serve, send or sockets") }
        return words.removeFirst()
    }

    /// Takes `name` out; true if it was there.
    mutating func flag(_ name: String) -> Bool {
        guard let index = words.firstIndex(of: name) else { return false }
        words.remove(at: index)
        return true
    }

    /// Takes `name` and the word after it.
    mutating func value(_ name: String) throws(GeneratorError) -> String {
        guard let value = try optionalValue(name) else { throw .usage("\(name) is missing") }
        return value
    }

    /// Takes `name` and the number after it, or gives `fallback` if `name` is not there.
    mutating func number<Number: FixedWidthInteger>(
        _ name: String,
        default fallback: Number,
        in range: ClosedRange<Number>
    ) throws(GeneratorError) -> Number {
        guard let text = try optionalValue(name) else { return fallback }
        guard let number = Number(text), range.contains(number) else {
            throw .usage("\(name) takes a number in \(range), not \(text)")
        }
        return number
    }

    /// Refuses what nobody took.
    func finish() throws(GeneratorError) {
        guard words.isEmpty else { throw .usage("not understood: \(words.joined(separator: " "))") }
    }

    private mutating func optionalValue(_ name: String) throws(GeneratorError) -> String? {
        guard let index = words.firstIndex(of: name) else { return nil }
        guard index + 1 < words.count else { throw .usage("\(name) takes a value") }
        let value = words[index + 1]
        words.removeSubrange(index...index + 1)
        return value
    }
}
