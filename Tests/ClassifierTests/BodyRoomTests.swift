// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

/// However many send at once, their bodies take no more memory than they may.
@Suite struct BodyRoomTests {
    @Test func whatDoesNotFitComesBackLater() {
        let room = BodyRoom(capacity: 1600)
        let places = (0..<16).map { _ in room.place() }
        for place in places { #expect(place.grow(by: 100)) }
        #expect(room.bytes == 1600)
        let late = room.place()
        #expect(!late.grow(by: 1))
        places[3].leave()
        places[3].leave()
        #expect(room.bytes == 1500)
        #expect(late.grow(by: 100))
    }

    @Test func aPlaceThatIsForgottenIsFree() {
        let room = BodyRoom(capacity: 100)
        _ = room.place().grow(by: 6)
        #expect(room.bytes == 0)
    }

    @Test func largeBodiesLeaveHalfOfTheRoom() {
        let room = BodyRoom(capacity: 1600)
        let large = room.place()
        #expect(large.grow(by: 800))
        let other = room.place()
        #expect(other.grow(by: 100))
        #expect(!other.grow(by: 100))
        #expect(room.bytes == 900)
    }

    @Test func aSingleBodyMayBeLargerThanTheRoom() {
        let room = BodyRoom(capacity: 100)
        let alone = room.place()
        #expect(alone.grow(by: 60))
        #expect(alone.grow(by: 60))
        #expect(!room.place().grow(by: 1))
    }

    /// Over the network: bodies that are held open fill the room; then all but small ones are told to wait.
    @Test func halfSentBodiesDoNotAddUp() async throws {
        let bytes = try FlowBatch.test(flows: (0..<6000).map { .to("10.0.\($0 / 250).\($0 % 250)", egress: 1) })
            .encoded()
        try #require(bytes.count > 65_536)
        try await TestClassifier { $0.maxBodies = 100_000 }
            .run(.live) { client in
                let port = try #require(client.port)
                let holder = try RawClient(port: port)
                let head = "POST /v1/flows HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n"
                holder.send(head + "content-length: \(bytes.count)\r\n\r\n")
                #expect(holder.send(Array(bytes.dropLast(10))))
                try await waitUntil("it has come") {
                    try await client.metrics()["netledger_classifier_body_bytes"] == Double(bytes.count - 10)
                }
                let other = try RawClient(port: port)
                other.send(head + "content-length: \(bytes.count)\r\n\r\n")
                _ = other.send(bytes)
                let answer = try other.read(until: "\r\n\r\n").lowercased()
                #expect(answer.hasPrefix("http/1.1 503") && answer.contains("retry-after: 1"), "\(answer)")
                #expect(try await client.metrics().refused("busy").first == 1)
                #expect(try await client.post(FlowBatch.test(sequence: 1)).outcome == .applied)
                #expect(holder.send(Array(bytes.suffix(10))))
                #expect(try holder.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
                #expect(try await client.metrics()["netledger_classifier_body_bytes"] == 0)
            }
    }
}
