// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic
import Wire

/// The bytes of version 1, once and for all: a change here is a change of `schema_version`.
struct GoldenTests {
    static let batch = FlowBatch(
        source: BatchSource(cluster: "lab", node: "n1", bootID: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        sequence: 300,
        interval: Interval(start: 1_767_225_600_000_000_000, end: 1_767_225_605_000_000_000),
        region: "r",
        zone: "z",
        owners: [
            Owner(
                kind: .unit,
                cgroupID: 77,
                namespace: "system.slice",
                pod: "nginx.service",
                cgroupPath: "/system.slice/nginx.service"
            )
        ],
        flows: [
            Flow(
                owner: 0,
                remote: IPAddress(v4: 0xc000_0201),
                servicePort: 443,
                ipProtocol: .tcp,
                initiator: .pod,
                counters: FlowCounters(egressBytes: 1500, ingressBytes: 52, egressPackets: 1, ingressPackets: 1)
            ),
            Flow(
                owner: 0,
                remote: IPAddress(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001),
                servicePort: 53,
                ipProtocol: .udp,
                initiator: .remote,
                viaLoopback: true,
                counters: FlowCounters(egressBytes: 0, ingressBytes: 300, egressPackets: 0, ingressPackets: 2)
            ),
        ],
        losses: [Loss(reason: "map_full", counters: FlowCounters(egressBytes: 9, egressPackets: 1))],
        maps: [MapUse(name: "flows", entries: 2, capacity: 131_072)]
    )

    /// Written out by hand; `protoc --encode=netledger.v1.FlowBatch` gives the same from the text form.
    static let bytes: [UInt8] = {
        var bytes: [UInt8] = [0x08, 1]
        bytes += [0x12, 3] + "lab".utf8
        bytes += [0x1a, 2] + "n1".utf8
        bytes += [0x22, 16] + (1...16)
        bytes += [0x28, 0xac, 0x02]
        bytes += [0x31, 0x00, 0x00, 0xfa, 0xed, 0x51, 0x72, 0x86, 0x18]
        bytes += [0x39, 0x00, 0xf2, 0xff, 0x17, 0x53, 0x72, 0x86, 0x18]
        bytes += [0x42, 1, UInt8(ascii: "r"), 0x4a, 1, UInt8(ascii: "z")]
        bytes += [0x52, 62, 0x08, 2, 0x10, 77]
        bytes += [0x1a, 12] + "system.slice".utf8
        bytes += [0x22, 13] + "nginx.service".utf8
        bytes += [0x3a, 27] + "/system.slice/nginx.service".utf8
        bytes += [0x5a, 57]
        bytes += [0x0a, 2, 0, 0]
        bytes += [0x12, 4, 0x01, 0x02, 0x00, 0xc0]
        bytes += [0x1a, 16, 0, 0, 0, 0, 0xb8, 0x0d, 0x01, 0x20, 1, 0, 0, 0, 0, 0, 0, 0]
        bytes += [0x22, 3, 0xbb, 0x03, 53]
        bytes += [0x2a, 4, 0x86, 0x02, 0x91, 0x0c]
        bytes += [0x32, 3, 0xdc, 0x0b, 0]
        bytes += [0x3a, 3, 52, 0xac, 0x02]
        bytes += [0x42, 2, 1, 0]
        bytes += [0x4a, 2, 1, 2]
        bytes += [0x62, 14, 0x0a, 8] + "map_full".utf8 + [0x10, 9, 0x20, 1]
        bytes += [0x6a, 13, 0x0a, 5] + "flows".utf8 + [0x10, 2, 0x18, 0x80, 0x80, 0x08]
        bytes += [0x72, 12, 0x08, 2, 0x10, 0xe5, 0x0b, 0x18, 0xe0, 0x02, 0x20, 2, 0x28, 3]
        return bytes
    }()

    @Test func isWrittenAsThese() throws {
        #expect(try Self.batch.encoded() == Self.bytes)
    }

    @Test func isReadFromThese() throws {
        #expect(try FlowBatch(encoded: Self.bytes) == Self.batch)
    }

    @Test func fieldsOfALaterReleaseAreSkipped() throws {
        // Field 100, a string; field 101, a number; and field 15 inside the columns.
        let appended = Self.bytes + [0xa2, 0x06, 2, 0x68, 0x69, 0xa8, 0x06, 7] + [0x5a, 3, 0x7a, 1, 0x61]
        #expect(try FlowBatch(encoded: appended) == Self.batch)
    }

    @Test func acknowledgementIsWrittenAsThese() {
        #expect(
            Acknowledgement(outcome: .applied, nextSequence: 301).encoded() == [0x08, 1, 0x10, 0xad, 0x02, 0x18, 1]
        )
        #expect(Acknowledgement(outcome: .duplicate, nextSequence: 1).encoded() == [0x08, 2, 0x10, 1])
    }
}
