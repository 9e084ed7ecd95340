// SPDX-License-Identifier: Apache-2.0

extension IPAddress: LosslessStringConvertible {
    /// Parses dotted-quad IPv4 or RFC 4291 IPv6 text; `nil` if `text` is neither.
    ///
    /// Leading zeros in an IPv4 octet are refused (some tools read them as octal), and so are zone
    /// identifiers (`fe80::1%eth0`): they name an interface, not an address.
    public init?(_ text: some StringProtocol) {
        if let number = Self.parseDottedQuad(text.utf8) {
            self.init(v4: number)
        } else if let bits = Self.parseIPv6(text.utf8) {
            self.init(bits: bits)
        } else {
            return nil
        }
    }

    /// Parses dotted-quad IPv4 or RFC 4291 IPv6 text; `nil` if `description` is neither.
    public init?(_ description: String) {
        self.init(description[...])
    }

    /// The address in its canonical text: dotted quad, or RFC 5952 for IPv6.
    public var description: String {
        if let v4 {
            return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)"
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
        guard let zeros = Self.longestZeroRun(groups) else {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let head = groups[..<zeros.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        let tail = groups[zeros.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return "\(head)::\(tail)"
    }

    /// The first of the longest runs of two or more zero groups (RFC 5952 section 4.2).
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best = 0..<1
        var start = 0
        while start < groups.count {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > best.count { best = start..<end }
            start = end
        }
        return best.count > 1 ? best : nil
    }

    private static func parseDottedQuad(_ text: some Sequence<UInt8>) -> UInt32? {
        var number: UInt32 = 0
        var octet: UInt32?
        var octets = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = UInt32(byte - UInt8(ascii: "0"))
                if octet == 0 { return nil }
                let value = (octet ?? 0) * 10 + digit
                guard value <= 255 else { return nil }
                octet = value
            case UInt8(ascii: "."):
                guard let value = octet, octets < 3 else { return nil }
                number = number << 8 | value
                octets += 1
                octet = nil
            default:
                return nil
            }
        }
        guard let value = octet, octets == 3 else { return nil }
        return number << 8 | value
    }

    private static func parseIPv6(_ text: some Sequence<UInt8>) -> UInt128? {
        var groups: [UInt16] = []
        var gap: Int?
        var field: [UInt8] = []
        let bytes = Array(text)
        var index = 0
        guard bytes.count >= 2 else { return nil }
        if bytes[0] == UInt8(ascii: ":") {
            guard bytes[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            index = 2
        }
        while index < bytes.count {
            field.removeAll(keepingCapacity: true)
            while index < bytes.count, bytes[index] != UInt8(ascii: ":") {
                field.append(bytes[index])
                index += 1
                guard field.count <= 15 else { return nil }
            }
            if index == bytes.count, let quad = parseDottedQuad(field) {
                groups += [UInt16(truncatingIfNeeded: quad >> 16), UInt16(truncatingIfNeeded: quad)]
                break
            }
            guard let group = parseGroup(field) else { return nil }
            groups.append(group)
            guard index < bytes.count else { break }
            index += 1
            guard index < bytes.count else { return nil }
            if bytes[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        if let gap {
            guard groups.count <= 7 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func parseGroup(_ field: [UInt8]) -> UInt16? {
        guard (1...4).contains(field.count) else { return nil }
        var value: UInt16 = 0
        for byte in field {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}
