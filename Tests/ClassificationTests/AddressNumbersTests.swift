// SPDX-License-Identifier: Apache-2.0
import Classification
import TestSupport
import Testing
import Traffic

@Suite struct AddressNumbersTests {
    /// The same numbers as a dictionary gives, for addresses that differ in few bits anywhere, and for growth.
    @Test(arguments: [0, 10, 4_000]) func aNumberIsOneAddress(capacity: Int) {
        var random = SeededRandom()
        var numbers = AddressNumbers(capacity: capacity)
        var model: [IPAddress: Int] = [:]
        for _ in 0..<6_000 {
            let bits = UInt128(UInt8.random(in: 0...40, using: &random)) << UInt128.random(in: 0...120, using: &random)
            let address =
                Bool.random(using: &random)
                ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : IPAddress(bits: bits)
            let expected = model[address, default: model.count]
            model[address] = expected
            #expect(numbers.number(of: address) == expected, "seed \(random.seed): \(address)")
        }
        #expect(numbers.count == model.count)
    }
}
