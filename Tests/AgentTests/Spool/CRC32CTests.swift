// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Agent

struct CRC32CTests {
    /// The examples of RFC 3720, appendix B.4, and the usual check value.
    @Test func knownValues() {
        let rising: [UInt8] = Array(0..<32)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum(rising) == 0x46dd_794e)
        #expect(CRC32C.checksum(rising.reversed()) == 0x113f_db5c)
        #expect(CRC32C.checksum("123456789".utf8) == 0xe306_9283)
        #expect(CRC32C.checksum([UInt8]()) == 0)
    }
}
