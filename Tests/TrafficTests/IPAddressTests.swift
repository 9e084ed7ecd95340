// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@Suite struct IPAddressTests {
    @Test(
        arguments: [
            ("0.0.0.0", 0xffff_0000_0000),
            ("255.255.255.255", 0xffff_ffff_ffff),
            ("10.1.2.3", 0xffff_0a01_0203),
            ("::", 0),
            ("::1", 1),
            ("1::", 0x0001_0000_0000_0000_0000_0000_0000_0000),
            ("2001:db8::8:800:200c:417a", 0x2001_0db8_0000_0000_0008_0800_200c_417a),
            ("2001:DB8:0:0:8:800:200C:417A", 0x2001_0db8_0000_0000_0008_0800_200c_417a),
            ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000),
            ("::2:3:4:5:6:7:8", 0x0000_0002_0003_0004_0005_0006_0007_0008),
            ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008),
            ("::ffff:10.1.2.3", 0xffff_0a01_0203),
            ("::FFFF:a01:203", 0xffff_0a01_0203),
            ("0:0:0:0:0:ffff:10.1.2.3", 0xffff_0a01_0203),
            ("64:ff9b::192.0.2.33", 0x0064_ff9b_0000_0000_0000_0000_c000_0221),
            ("1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004_0005_0006_0102_0304),
            ("::1.2.3.4", 0x0102_0304),
            ("fe80:0000:0000:0000:0001:0002:0003:0004", 0xfe80_0000_0000_0000_0001_0002_0003_0004),
        ] as [(String, UInt128)]
    )
    func reads(text: String, bits: UInt128) {
        #expect(IPAddress(text)?.bits == bits)
    }

    @Test(arguments: [
        "", ".", ":", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "1.2.3.999999999999",
        "01.2.3.4", "1.2.3.00", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "-1.2.3.4", "0x1.2.3.4", "1.2.3.a", "1.2.3.4/8",
        ":::", "::1::", "1::2::3", ":1", "1:", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:",
        ":1:2:3:4:5:6:7:8", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "g::", "::-1", "fe80::1%eth0",
        "[::1]", "::1.2.3", "::1.2.3.256", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4",
        "localhost",
        "1.2.3.\u{0664}", "::\u{FF11}", "1\u{0}.2.3.4",
    ])
    func refuses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    /// The rules and examples of RFC 5952 section 4 and 5.
    @Test(arguments: [
        ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:DB8::ABCD", "2001:db8::abcd"),
        ("0:0:1:0:0:0:0:0", "0:0:1::"),
        ("0:0:0:0:0:0:0:0", "::"),
        ("1:0:0:0:0:0:0:0", "1::"),
        ("0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::fffe:192.0.2.1", "::fffe:c000:201"),
    ])
    func printsCanonically(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test func printedAddressesAreReadBackAsTheyWere() {
        var random = SeededRandom()
        for _ in 0..<20_000 {
            // Zero groups are frequent, so that runs of every length and place are printed.
            let bits = (0..<8)
                .reduce(UInt128(0)) { bits, _ in
                    bits << 16
                        | (Bool.random(using: &random) ? 0 : UInt128(UInt16.random(in: 0 ... .max, using: &random)))
                }
            let addresses = [IPAddress(bits: bits), IPAddress(v4: UInt32(truncatingIfNeeded: bits))]
            for address in addresses {
                #expect(IPAddress(address.description) == address, "seed \(random.seed)")
            }
        }
    }

    @Test func randomTextIsReadOrRefusedAndNeverTraps() {
        var random = SeededRandom()
        let letters = Array("0123456789abcdefF:.::..%/ \u{00e9}g")
        var accepted = 0
        for _ in 0..<50_000 {
            let text = String(
                (0..<Int.random(in: 0...24, using: &random)).map { _ in letters.randomElement(using: &random)! }
            )
            guard let address = IPAddress(text) else { continue }
            accepted += 1
            #expect(IPAddress(address.description) == address, "seed \(random.seed), \(text)")
        }
        #expect(accepted > 0, "seed \(random.seed)")
    }

    @Test func familiesShareOneSpace() {
        let v4 = IPAddress(v4: 0x0a01_0203)
        #expect(v4 == IPAddress("::ffff:10.1.2.3"))
        #expect(v4.isIPv4 && v4.v4 == 0x0a01_0203 && v4.width == 32)
        let v6 = IPAddress(bits: 1)
        #expect(!v6.isIPv4 && v6.v4 == nil && v6.width == 128)
        #expect(v6 < v4 && IPAddress("10.0.0.1")! < IPAddress("10.0.0.2")! && v4 < IPAddress("2001::")!)
    }
}
