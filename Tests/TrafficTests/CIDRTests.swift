// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@Suite struct CIDRTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.1.2.3/31", "10.1.2.2/31"),
        ("10.1.2.3", "10.1.2.3/32"),
        ("255.255.255.255/0", "0.0.0.0/0"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("ffff::/0", "::/0"),
        ("ffff:ffff::/17", "ffff:8000::/17"),
        ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
        ("::ffff:10.1.2.3/128", "10.1.2.3/32"),
        ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
        ("::ffff:10.1.2.3", "10.1.2.3/32"),
        ("10.0.0.0/08", "10.0.0.0/8"),
    ])
    func reads(text: String, canonical: String) {
        #expect(CIDR(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/ 8",
        "10.0.0.0/8 ", "10.0.0/8", "10.0.0.0/0008", "10.0.0.0/999", "::/129", "::/1000", "::ffff:10.0.0.0/95",
        "::ffff:10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.0/\u{0668}", "fe80::1%eth0/64",
    ])
    func refuses(text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "9.255.255.255", false),
        ("10.0.0.0/32", "10.0.0.0", true),
        ("10.0.0.0/32", "10.0.0.1", false),
        ("0.0.0.0/0", "255.255.255.255", true),
        ("0.0.0.0/0", "::1", false),
        ("::/0", "10.0.0.1", false),
        ("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::", false),
        ("::1/128", "::1", true),
        ("::1/128", "::2", false),
    ])
    func holds(block: String, address: String, expected: Bool) throws {
        #expect(try #require(CIDR(block)).contains(try #require(IPAddress(address))) == expected)
    }

    @Test func blocksHoldBlocks() throws {
        let wide = try #require(CIDR("10.0.0.0/8"))
        let narrow = try #require(CIDR("10.1.0.0/16"))
        #expect(wide.contains(narrow) && wide.contains(wide) && !narrow.contains(wide))
        #expect(!wide.contains(try #require(CIDR("11.0.0.0/16"))))
        #expect(!(try #require(CIDR("::/0"))).contains(wide))
    }

    @Test func lengthsMustFitTheFamily() {
        #expect(CIDR(IPAddress(v4: 0), prefixLength: 33) == nil)
        #expect(CIDR(IPAddress(v4: 0), prefixLength: -1) == nil)
        #expect(CIDR(IPAddress(bits: 0), prefixLength: 129) == nil)
        #expect(CIDR(IPAddress(bits: 0), prefixLength: 128) != nil)
    }

    @Test func aBlockHoldsWhatSharesItsLeadingBits() {
        var random = SeededRandom()
        for _ in 0..<20_000 {
            let wide = Bool.random(using: &random)
            func address() -> IPAddress {
                wide
                    ? IPAddress(bits: UInt128.random(in: 1 << 64 ... .max, using: &random))
                    : IPAddress(v4: random.next32())
            }
            let base = address()
            let length = Int.random(in: 0...base.width, using: &random)
            let block = CIDR(base, prefixLength: length)!
            // Flip one bit: inside the prefix it leaves the block, beyond it it stays.
            let bit = Int.random(in: 0..<base.width, using: &random)
            let other = IPAddress(bits: base.bits ^ 1 << UInt128(base.width - 1 - bit))
            if other.isIPv4 == base.isIPv4 {
                #expect(block.contains(other) == (bit >= length), "seed \(random.seed): \(block), \(other)")
            }
            #expect(block.contains(base) && block.contains(block.base), "seed \(random.seed): \(block), \(base)")
            #expect(CIDR(block.description) == block, "seed \(random.seed): \(block)")
        }
    }
}

extension SeededRandom {
    fileprivate mutating func next32() -> UInt32 {
        UInt32(truncatingIfNeeded: next())
    }
}
