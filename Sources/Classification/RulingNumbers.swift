// SPDX-License-Identifier: Apache-2.0

import Traffic

/// Numbers the pairs of scope and name that occur together.
struct RulingNumbers {
    /// The rulings found so far, by number; the first is of the loopback interface.
    private(set) var rulings: [RuleSet.Ruling]
    private var numbers: [RuleSet.Ruling: UInt32]
    private let translated: UInt32

    /// - Parameters:
    ///   - scopeOfLoopback: index of the scope of flows on the loopback interface.
    ///   - translated: index of the scope of addresses that a NAT64 gateway translates.
    init(scopeOfLoopback: UInt32, translated: UInt32) {
        let loopback = RuleSet.Ruling(scope: scopeOfLoopback, network: 0, isTranslatable: false)
        rulings = [loopback]
        numbers = [loopback: 0]
        self.translated = translated
    }

    /// The ranges that both lists cut, with the number of the ruling of each.
    mutating func merge(
        _ scopes: [PrefixSweep.Boundary],
        _ names: [PrefixSweep.Boundary],
        family: PrefixSweep.Family
    ) -> [PrefixSweep.Boundary] {
        var result: [PrefixSweep.Boundary] = []
        var (nextScope, nextName) = (0, 0)
        var (scope, name): (UInt32, UInt32) = (0, 0)
        while nextScope < scopes.count || nextName < names.count {
            let scopeStart = nextScope < scopes.count ? scopes[nextScope].start : .max
            let nameStart = nextName < names.count ? names[nextName].start : .max
            let start = min(scopeStart, nameStart)
            if nextScope < scopes.count, scopeStart == start {
                scope = scopes[nextScope].outcome
                nextScope += 1
            }
            if nextName < names.count, nameStart == start {
                name = names[nextName].outcome
                nextName += 1
            }
            let number = number(
                of: RuleSet.Ruling(
                    scope: scope,
                    network: name,
                    isTranslatable: family == .v4 || scope == translated
                )
            )
            if result.last?.outcome != number { result.append(PrefixSweep.Boundary(start: start, outcome: number)) }
        }
        return result
    }

    private mutating func number(of ruling: RuleSet.Ruling) -> UInt32 {
        if let known = numbers[ruling] { return known }
        let number = UInt32(rulings.count)
        rulings.append(ruling)
        numbers[ruling] = number
        return number
    }
}
