// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Conntrack

/// Messages of connection tracking, as the kernel sends them.
struct ConntrackMessageTests {
    private static let backend: [UInt8] = [10, 1, 2, 3]

    /// An attribute with its content, padded.
    private static func attribute(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
        let length = 4 + content.count
        let head = [UInt8(length & 0xff), UInt8(length >> 8), UInt8(type & 0xff), UInt8(type >> 8)]
        return head + content + [UInt8](repeating: 0, count: (4 - content.count % 4) % 4)
    }

    private static func tuple(_ source: [UInt8], _ sourcePort: UInt16, _ target: [UInt8], _ targetPort: UInt16)
        -> [UInt8]
    {
        func port(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
        let types: (UInt16, UInt16) = source.count == 4 ? (1, 2) : (3, 4)
        return attribute(0x8001, attribute(types.0, source) + attribute(types.1, target))
            + attribute(0x8002, attribute(1, [6]) + attribute(2, port(sourcePort)) + attribute(3, port(targetPort)))
    }

    private static func message(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
        let length = 20 + body.count
        return [UInt8(length & 0xff), UInt8(length >> 8), 0, 0, UInt8(type & 0xff), UInt8(type >> 8), 0, 0]
            + [UInt8](repeating: 0, count: 8) + [2, 0, 0, 0] + body
    }

    private func parts(_ bytes: [UInt8]) -> [ConntrackMessage.Part] {
        bytes.withUnsafeBytes { ConntrackMessage.parts(of: $0) }
    }

    private static let translated =
        attribute(0x8001, tuple([10, 0, 0, 9], 40_000, [10, 96, 0, 10], 80))
        + attribute(0x8002, tuple(backend, 8080, [10, 0, 0, 9], 40_000))

    @Test func bothDirectionsAreRead() throws {
        let read = parts(Self.message(0x0100, Self.translated) + Self.message(0x0102, Self.translated))
        try #require(read.count == 2)
        guard case .message(let new) = read[0], case .message(let end) = read[1] else {
            Issue.record("\(read)")
            return
        }
        #expect(!new.isEnd && end.isEnd)
        #expect(new.original.ipProtocol == .tcp)
        #expect(new.original.source == SocketEnd(address: IPAddress(v4: 0x0a00_0009), port: 40_000))
        #expect(new.original.destination == SocketEnd(address: IPAddress(v4: 0x0a60_000a), port: 80))
        #expect(new.answering == SocketEnd(address: IPAddress(v4: 0x0a01_0203), port: 8080))
    }

    /// IPVS chooses the backend itself and then rewrites which reply connection tracking expects: from the real server
    /// and its port, to the client or, masqueraded, to the node.
    ///
    /// It does not mark the connection as translated, so such marks must not be asked for. `ProxyTests` shows it where the
    /// kernel has `ip_vs`.
    @Test(arguments: [[10, 0, 0, 9], [10, 0, 0, 1]] as [[UInt8]])
    func connectionsOfIPVSAreTheSame(target: [UInt8]) throws {
        // IPS_CONFIRMED and IPS_SEEN_REPLY, without IPS_DST_NAT; a mark and an id as the kernel adds them.
        let body =
            Self.attribute(0x8001, Self.tuple([10, 0, 0, 9], 40_000, [10, 96, 0, 10], 80))
            + Self.attribute(0x8002, Self.tuple(Self.backend, 8080, target, 40_000))
            + Self.attribute(3, [0, 0, 0, 0x0a]) + Self.attribute(8, [0, 0, 0x40, 0])
            + Self.attribute(12, [1, 2, 3, 4])
        guard case .message(let new) = try #require(parts(Self.message(0x0100, body)).first) else { return }
        #expect(new.original.destination == SocketEnd(address: IPAddress(v4: 0x0a60_000a), port: 80))
        #expect(new.answering == SocketEnd(address: IPAddress(v4: 0x0a01_0203), port: 8080))
    }

    @Test func theEndOfAListAndErrorsAreSeen() {
        #expect(parts(Self.message(3, [])) == [.done])
        // -EPERM
        let refusal: [UInt8] = [20, 0, 0, 0, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + [0xff, 0xff, 0xff, 0xff]
        #expect(parts(refusal) == [.refused(1)])
    }

    /// Whatever the bytes are, nothing is read beyond them and nothing is made up.
    @Test func damagedMessagesAreLeftOut() {
        let whole = Self.message(0x0100, Self.translated)
        for length in 0..<whole.count { #expect(parts(Array(whole[..<length])).isEmpty) }
        var random = SeededRandom()
        for _ in 0..<20_000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(
                    in: .min ... .max,
                    using: &random
                )
            }
            _ = parts(damaged)
        }
    }
}
