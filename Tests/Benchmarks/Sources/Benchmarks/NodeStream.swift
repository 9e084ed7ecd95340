// SPDX-License-Identifier: Apache-2.0
import Instruments
import Traffic
import Wire

/// The batches of one node, in the order of their sequence.
struct NodeStream: Sendable {
    /// Nanoseconds in a second.
    static let second: Int64 = 1_000_000_000

    /// The node's region.
    let region: String
    /// The node's zone.
    let zone: String
    /// The owners that flows are counted for.
    let owners: [Owner]

    private let source: BatchSource
    private let step: Int64
    private let length: Int64
    private var sequence: UInt64 = 0
    private var start: Int64

    /// A stream that begins with sequence 1.
    ///
    /// - Parameters:
    ///   - number: The node's number, which gives its name and place.
    ///   - owners: The owners that flows are counted for.
    ///   - start: First second of the first interval, since 1970-01-01T00:00:00Z.
    ///   - step: Seconds from one interval to the next.
    ///   - length: Seconds of an interval.
    init(number: Int, owners: [Owner], start: Int64, step: Int64 = 5, length: Int64 = 5) {
        region = "region-\(number % 3 / 2)"
        zone = "zone-\(number % 3)"
        source = BatchSource(cluster: "bench", node: "node-\(number)", bootID: UInt128(number) + 1)
        self.owners = owners
        self.start = start * Self.second
        self.step = step * Self.second
        self.length = length * Self.second
    }

    /// The request that posts `flows` as the next batch.
    mutating func next(_ flows: [Flow]) throws -> HTTPRequest {
        sequence += 1
        defer { start += step }
        let batch = FlowBatch(
            source: source,
            sequence: sequence,
            interval: Interval(start: start, end: start + length),
            region: region,
            zone: zone,
            owners: owners,
            flows: flows,
            maps: [MapUse(name: "flows", entries: UInt64(flows.count), capacity: 131_072)]
        )
        return .flows(try batch.encoded())
    }
}

extension Owner {
    /// A pod with names as long as they usually are.
    static func pod(_ number: Int, namespaces: Int) -> Owner {
        let digits = String(number, radix: 36)
        let suffix = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        return Owner(
            kind: .pod,
            cgroupID: UInt64(number) + 10_000,
            namespace: "team-\(number % namespaces)",
            pod: "checkout-service-7f9c6d5b8-\(suffix)",
            podUID: "3f2b8c1e-5d4a-4e6f-9a7b-" + String(0x1000_0000_0000 + number, radix: 16),
            containerID: "",
            cgroupPath: "/kubepods.slice/kubepods-burstable.slice/pod\(number)"
        )
    }
}
