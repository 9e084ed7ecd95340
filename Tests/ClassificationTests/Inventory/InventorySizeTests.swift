// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import Testing
import Traffic

/// What a large cluster costs.
@Suite(.serialized) struct InventorySizeTests {
    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func pod(_ number: Int, life: Int) -> ClusterPod {
        ClusterPod(
            uid: "0f3c2a1e-77aa-4d2b-9c1d-\(String(format: "%04d%08d", life, number))",
            namespace: "team-\(number % 200)-production",
            name: "some-deployment-\(number / 10)-5d4f8b7c9d-x\(number)",
            node: "ip-10-20-\(number / 30 % 256)-\(number / 30 / 256).eu-west-1.compute.internal",
            addresses: [IPAddress(v4: 0x0a00_0000 + UInt32(number))],
            controller: .init(
                kind: "ReplicaSet",
                name: "some-deployment-\(number / 10)-5d4f8b7c9d",
                uid: "rs-\(number / 10)"
            ),
            started: 0
        )
    }

    /// 10,000 pods fit into 100 MB many times over, also while snapshots of former states are held.
    @Test func aPodTakesAKilobyteOrTwo() throws {
        let count = 20_000
        let before = try Self.residentBytes()
        var builder = InventoryBuilder()
        for number in 0..<count { builder.put(Self.pod(number, life: 0), at: .init(wall: 0, steady: 0)) }
        let perPod = (try Self.residentBytes() - before) / count
        // Each change beside a snapshot of the state before, as batches hold them.
        let clock = ContinuousClock()
        let begin = clock.now
        var snapshots: [Inventory] = []
        for number in 0..<2000 {
            snapshots.append(builder.inventory)
            if snapshots.count > 100 { snapshots.removeFirst() }
            builder.removePod(Self.pod(number, life: 0).uid, at: .init(wall: 1, steady: 1))
            builder.put(Self.pod(number, life: 1), at: .init(wall: 1, steady: 1))
        }
        let perChange = (clock.now - begin) / 4000
        print("inventory: \(perPod) bytes a pod, \(perChange) a change with snapshots held")
        #expect(builder.inventory.counts.pods == count + 2000)
        #expect(snapshots[0].counts.pods == count + 1900)
        // The stated bound is 10,000 bytes a pod.
        #expect(perPod < 10_000)
    }
}
