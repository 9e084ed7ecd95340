// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct SeededRandomTests {
    /// The published first numbers of splitmix64 for seed 1234567.
    @Test func theSequenceIsSplitmix64() {
        var random = SeededRandom(seed: 1_234_567)
        #expect(random.seed == 1_234_567)
        let numbers = (0..<5).map { _ in random.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ]
        )
    }

    @Test func withoutASeedItTellsTheOneItTook() {
        var random = SeededRandom()
        var again = SeededRandom(seed: random.seed)
        #expect(random.next() == again.next())
    }
}
