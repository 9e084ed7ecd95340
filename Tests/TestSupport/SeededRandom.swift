// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A random number generator whose sequence is fixed by a seed that a failing test can print.
///
/// It is splitmix64: every seed is good, and the sequence is the same on every platform.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    /// The environment variable that sets the seed of a run, in decimal or as `0x` and hexadecimal digits.
    public static let environmentKey = "NETLEDGER_TEST_SEED"

    /// The seed that repeats this sequence.
    public let seed: UInt64

    private var state: UInt64

    /// A generator for `seed`, else for the seed in the environment, else for a random one.
    ///
    /// Stops the program if the environment's seed is not a number: the run was meant to repeat another.
    public init(seed: UInt64? = nil) {
        self.seed = seed ?? Self.environmentSeed() ?? .random(in: .min ... .max)
        state = self.seed
    }

    /// The next number of the sequence, uniform over all 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    private static func environmentSeed() -> UInt64? {
        guard let text = ProcessInfo.processInfo.environment[environmentKey], !text.isEmpty else { return nil }
        let number = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
        guard let number else { preconditionFailure("\(environmentKey) is \(text), which is not a 64-bit number") }
        return number
    }
}
