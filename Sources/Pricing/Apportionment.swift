// SPDX-License-Identifier: Apache-2.0

/// Splits whole numbers so that the parts add up to the whole, by the method of the largest remainder.
///
/// Each part is its exact share, rounded down, and what is left over goes one by one to the parts that lost most by
/// it. Of equal ones the first gets it, so the same input is always split the same way.
public enum Apportionment {
    /// Parts of `total` in proportion to `weights`.
    ///
    /// - Parameters:
    ///   - total: What is split; if it is negative, so are the parts.
    ///   - weights: Their sum is at most 2^127.
    /// - Returns: As many numbers as there are weights, or `nil` if the weights are all zero and the total is not.
    public static func split(_ total: Int128, by weights: [UInt128]) -> [Int128]? {
        let whole = weights.reduce(0, +)
        guard whole > 0 else { return total == 0 ? weights.map { _ in 0 } : nil }
        let size = total.magnitude
        var parts: [Int128] = []
        var remainders: [UInt128] = []
        var left = size
        parts.reserveCapacity(weights.count)
        remainders.reserveCapacity(weights.count)
        for weight in weights {
            let (quotient, remainder) = whole.dividingFullWidth(size.multipliedFullWidth(by: weight))
            parts.append(Int128(quotient))
            remainders.append(remainder)
            left -= quotient
        }
        for index in largest(Int(left), of: remainders) { parts[index] += 1 }
        return total < 0 ? parts.map { -$0 } : parts
    }

    /// Each of `amounts` in units of the last digit, so that they add up to their rounded sum.
    ///
    /// - Returns: `nil` if the sum is too large for ``Money``.
    public static func rounded(_ amounts: [Money], to digits: Digits) -> [Int128]? {
        var sum = Money.zero
        for amount in amounts {
            guard let next = sum.adding(amount) else { return nil }
            sum = next
        }
        return rounded(amounts, to: digits, sum: digits.rounded(sum))
    }

    /// Each of `amounts` in units of the last digit, so that they add up to `sum`.
    ///
    /// - Parameter sum: At most as many units away from the exact sum as there are amounts.
    public static func rounded(_ amounts: [Money], to digits: Digits, sum: Int128) -> [Int128] {
        var parts: [Int128] = []
        var remainders: [UInt128] = []
        var left = sum
        for amount in amounts {
            let (quotient, remainder) = amount.parts.quotientAndRemainder(dividingBy: digits.parts)
            let floor = remainder < 0 ? quotient - 1 : quotient
            parts.append(floor)
            remainders.append(UInt128(amount.parts - floor * digits.parts))
            left -= floor
        }
        guard !parts.isEmpty else { return [] }
        // Sums that were rounded before may be off by more than one for each part, either way.
        let everyone =
            left >= 0 ? left / Int128(parts.count) : -((-left + Int128(parts.count) - 1) / Int128(parts.count))
        if everyone != 0 {
            for index in parts.indices { parts[index] += everyone }
            left -= everyone * Int128(parts.count)
        }
        for index in largest(Int(left), of: remainders) { parts[index] += 1 }
        return parts
    }

    /// The indices of the `count` largest of `values`, of equal ones the first.
    private static func largest(_ count: Int, of values: [UInt128]) -> some Sequence<Int> {
        guard count > 0 else { return values.indices.sorted().prefix(0) }
        return values.indices
            .sorted { left, right in
                values[left] == values[right] ? left < right : values[left] > values[right]
            }
            .prefix(count)
    }
}
