// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport
import Testing

@testable import Kubernetes

@Suite("Following a cluster over HTTPS", .timeLimit(.minutes(2)))
struct FollowerTests {
    /// How a follower asks for listings.
    enum Way: Sendable, CaseIterable {
        case pages
        case streams
    }

    /// Limits that let a test meet in milliseconds what takes seconds in earnest.
    private static func limits(_ way: Way = .pages, pageSize: Int = 3) -> FollowLimits {
        var limits = FollowLimits()
        limits.usesStreamingLists = way == .streams
        limits.pageSize = pageSize
        limits.firstWait = .milliseconds(2)
        limits.longestWait = .milliseconds(20)
        return limits
    }

    /// Follows the pods of a cluster that starts with five of them while `body` runs.
    private static func following(
        _ limits: FollowLimits,
        script: @Sendable (FakeCluster) -> Void = { _ in },
        _ body: @escaping @Sendable (FakeCluster, Copy<Pod>, Follower<Pod>) async throws -> Void
    ) async throws {
        let cluster = try FakeCluster()
        cluster.put((1...5).map { .pod("p\($0)", node: "n1", ips: ["10.0.0.\($0)"]) })
        script(cluster)
        try await cluster.serve { address in
            try await TestClient.with(cluster, address, limits: limits) { client in
                let follower = client.follower(of: Pod.self)
                let copy = Copy<Pod>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await follower.run { copy.take($0) } }
                    try await body(cluster, copy, follower)
                    group.cancelAll()
                }
                #expect(copy.snapshot.errors.isEmpty)
            }
        }
    }

    /// Changes the cluster a little and waits until the copy is the same.
    private static func expectSame(_ cluster: FakeCluster, _ copy: Copy<Pod>) async throws {
        cluster.put(.pod("last", node: "n2", ips: ["10.0.0.99"]))
        cluster.delete(.pod, namespace: "default", "p1")
        await copy.until { $0.names == ["last", "p2", "p3", "p4", "p5"] }
        #expect(copy.snapshot.objects["pods-default-last"]?.podIPs == ["10.0.0.99"])
    }

    @Test("lists, watches, and lists nothing twice", arguments: Way.allCases)
    func ordinary(way: Way) async throws {
        try await Self.following(Self.limits(way)) { cluster, copy, follower in
            await copy.until { $0.completed == 1 }
            #expect(copy.snapshot.names == ["p1", "p2", "p3", "p4", "p5"])
            try await Self.expectSame(cluster, copy)
            cluster.put(.pod("last", node: "n2", ips: ["10.0.0.98"], phase: "Failed"))
            await copy.until { $0.objects["pods-default-last"]?.phase == .failed }
            #expect(copy.snapshot.completed == 1)
            #expect(copy.snapshot.largestBatch <= 5)
            let kinds = cluster.snapshot.requests.map(\.kind)
            #expect(kinds == (way == .pages ? [.list, .list, .watch] : [.watch]))
            let status = follower.status
            #expect(status.isSynced && status.failure == nil && status.phase == .watching && status.listings == 1)
            #expect(status.changes >= 7 && status.rejected == 0 && status.lastProgress != nil)
        }
    }

    @Test("asks as the API's documentation says")
    func requests() async throws {
        try await Self.following(Self.limits(.streams)) { cluster in
            cluster.offerStreamingLists(false)
        } _: { cluster, copy, _ in
            await copy.until { $0.completed == 1 }
            try await cluster.until { $0.openWatches == 1 }
            let requests = cluster.snapshot.requests
            #expect(requests.map(\.kind) == [.watch, .list, .list, .watch])
            #expect(requests.allSatisfy { $0.path == "/api/v1/pods" && $0.accept == "application/json" })
            #expect(requests[0].query["sendInitialEvents"] == "true")
            #expect(requests[0].query["resourceVersionMatch"] == "NotOlderThan")
            #expect(requests[0].query["allowWatchBookmarks"] == "true")
            #expect(requests[0].query["resourceVersion"] == nil)
            #expect(requests[1].query == ["limit": "3"])
            #expect(requests[2].query["limit"] == "3" && requests[2].query["continue"]?.isEmpty == false)
            #expect(requests[3].query["resourceVersion"] == "1005")
            #expect(requests[3].query["watch"] == "true" && requests[3].query["allowWatchBookmarks"] == "true")
            let seconds = requests[3].query["timeoutSeconds"].flatMap { Int($0) } ?? 0
            #expect((300...600).contains(seconds))
        }
    }

    /// A fault, the request that meets it, and what must have come of it when the copy is right again.
    struct Trouble: Sendable, CustomTestStringConvertible {
        let name: String
        let faults: [Fault]
        let kind: RequestKind
        var ways = Way.allCases
        /// Whether everything is listed again.
        var listsAgain = false

        var testDescription: String { name }
    }

    static let troubles: [Trouble] = [
        Trouble(name: "410 on a watch", faults: [gone], kind: .watch, ways: [.pages], listsAgain: true),
        Trouble(
            name: "410 on a continue token",
            faults: [.end(afterBytes: 1_000_000), gone],
            kind: .list,
            ways: [.pages]
        ),
        Trouble(name: "ERROR event, expired", faults: [expired], kind: .watch, listsAgain: true),
        Trouble(
            name: "ERROR event, internal",
            faults: [.errorEvent(code: 500, reason: "InternalError", message: "etcd")],
            kind: .watch
        ),
        Trouble(
            name: "ERROR event, again and again",
            faults: Array(repeating: .errorEvent(code: 500, reason: "InternalError", message: "etcd"), count: 5),
            kind: .watch,
            listsAgain: true
        ),
        Trouble(name: "500", faults: [failed], kind: .any),
        Trouble(name: "a page of a proxy", faults: [.foreign(code: 502, body: "<html>bad gateway</html>")], kind: .any),
        Trouble(
            name: "a proxy that says all is well",
            faults: [.foreign(code: 200, body: "<html>log in</html>\n")],
            kind: .any
        ),
        Trouble(
            name: "429 with Retry-After",
            faults: [.status(code: 429, reason: "TooManyRequests", message: "later", retryAfter: 1)],
            kind: .any
        ),
        Trouble(name: "cut before the first byte", faults: [.cut(afterBytes: 0)], kind: .any),
        Trouble(name: "cut in the middle of a line", faults: [.cut(afterBytes: 250)], kind: .any),
        Trouble(
            name: "cut in the middle of a line, again and again",
            faults: Array(repeating: .cut(afterBytes: 250), count: 4),
            kind: .any
        ),
        Trouble(name: "ended in the middle of a line", faults: [.end(afterBytes: 250)], kind: .any),
        Trouble(name: "ended at once", faults: [.end(afterBytes: 0)], kind: .watch),
        Trouble(name: "byte by byte", faults: [.trickle(bytes: 1)], kind: .any),
        Trouble(name: "an unknown event", faults: [.insert("{\"type\":\"RENAMED\",\"object\":{}}\n")], kind: .watch),
        Trouble(name: "empty lines", faults: [.insert("\n\r\n\n")], kind: .watch),
        Trouble(name: "no JSON", faults: [.insert("what\n")], kind: .watch),
        Trouble(
            name: "too large a version",
            faults: [.status(code: 504, reason: "Timeout", message: "Too large resource version", retryAfter: nil)],
            kind: .watch
        ),
        Trouble(name: "no answer", faults: [.noAnswer], kind: .any),
        Trouble(name: "silence in the middle of a line", faults: [.stall(afterBytes: 250)], kind: .any),
    ]

    private static let gone = Fault.status(code: 410, reason: "Expired", message: "too old resource version")
    private static let expired = Fault.errorEvent(code: 410, reason: "Expired", message: "too old resource version")
    private static let failed = Fault.status(code: 500, reason: "InternalError", message: "etcdserver: leader changed")

    @Test("gets over", arguments: troubles)
    func trouble(_ trouble: Trouble) async throws {
        for way in trouble.ways {
            var limits = Self.limits(way)
            // A second of silence is much for this machine's own server, and little for a test.
            limits.responseTime = .seconds(1)
            limits.watchTime = .seconds(1)
            limits.bookmarkTime = .seconds(1)
            limits.longestRetryAfter = .milliseconds(10)
            try await Self.following(limits) { cluster in
                for fault in trouble.faults { cluster.script(fault, for: trouble.kind, path: "/api/v1/pods") }
            } _: { cluster, copy, follower in
                try await cluster.until { $0.pendingFaults == 0 }
                await copy.until { $0.completed >= (trouble.listsAgain && way == .pages ? 2 : 1) }
                try await Self.expectSame(cluster, copy)
                #expect(follower.status.isSynced, "\(trouble.name), \(way)")
            }
        }
    }

    @Test("a watch takes up where the last one was cut, and brings each change once")
    func cutWatches() async throws {
        try await Self.following(Self.limits()) {
            _ in
        } _: { cluster, copy, _ in
            await copy.until { $0.completed == 1 }
            for round in 1...10 {
                try await cluster.until { $0.openWatches == 1 }
                cluster.put(.pod("r\(round)", ips: ["10.0.1.\(round)"]))
                if round.isMultiple(of: 2) { cluster.cutWatches() } else { cluster.endWatches() }
                await copy.until { $0.changes == 5 + round }
                try await cluster.until { $0.requests.filter { $0.kind == .watch }.count == 1 + round }
            }
            #expect(copy.snapshot.completed == 1)
        }
    }

    @Test("history that was forgotten is listed again, and what went meanwhile is gone", arguments: Way.allCases)
    func forgottenHistory(way: Way) async throws {
        try await Self.following(Self.limits(way)) {
            _ in
        } _: { cluster, copy, _ in
            await copy.until { $0.completed == 1 }
            try await cluster.until { $0.openWatches == 1 }
            cluster.script(.status(code: 503, reason: "ServiceUnavailable", message: "down"), for: .watch, times: 1)
            cluster.cutWatches()
            cluster.delete(.pod, namespace: "default", "p2")
            cluster.put(.pod("new", ips: ["10.0.0.50"]))
            cluster.forgetHistory()
            await copy.until { $0.completed == 2 }
            #expect(copy.snapshot.names == ["new", "p1", "p3", "p4", "p5"])
        }
    }

    @Test("bookmarks keep the version fresh, so that forgotten history costs no listing")
    func bookmarks() async throws {
        try await Self.following(Self.limits()) {
            _ in
        } _: { cluster, copy, follower in
            await copy.until { $0.completed == 1 }
            try await cluster.until { $0.openWatches == 1 }
            // The history goes on with objects that this watch does not bring.
            cluster.put((1...20).map { .node("n\($0)") })
            cluster.sendBookmarks()
            cluster.put(.pod("after", ips: ["10.0.0.50"]))
            await copy.until { $0.names.contains("after") }
            cluster.endWatches()
            try await Self.expectSame2(cluster, copy)
            let versions = cluster.snapshot.requests.filter { $0.kind == .watch }
                .compactMap { $0.query["resourceVersion"] }
            #expect(versions == ["1005", "1026"])
            #expect(copy.snapshot.completed == 1)
            #expect(follower.status.failure == nil)
        }
    }

    private static func expectSame2(_ cluster: FakeCluster, _ copy: Copy<Pod>) async throws {
        try await cluster.until { $0.requests.filter { $0.kind == .watch }.count == 2 && $0.openWatches == 1 }
        cluster.put(.pod("later", ips: ["10.0.0.51"]))
        await copy.until { $0.names.contains("later") }
    }

    @Test("a page that is too large is cut down, an object that is too large for a watch is told")
    func tooLarge() async throws {
        var limits = Self.limits(pageSize: 5)
        limits.pageBytes = 1500
        limits.eventBytes = 1500
        try await Self.following(limits) {
            _ in
        } _: { cluster, copy, follower in
            await copy.until { $0.completed == 1 }
            let sizes = cluster.snapshot.requests.filter { $0.kind == .list }.compactMap { $0.query["limit"] }
            #expect(sizes.first == "5" && sizes.last.flatMap { Int($0) } ?? 5 < 5)
            try await cluster.until { $0.openWatches == 1 }
            cluster.put(.pod("huge", padding: 3000))
            try await cluster.until { $0.requests.filter { $0.kind == .watch }.count >= 3 }
            #expect(follower.status.failure?.message.contains("more than 1500 bytes") == true)
        }
    }

    @Test("a server that restarts, on the same port, after being away")
    func restart() async throws {
        let cluster = try FakeCluster()
        cluster.put((1...5).map { .pod("p\($0)", node: "n1", ips: ["10.0.0.\($0)"]) })
        let copy = Copy<Pod>()
        let port = try await cluster.serve { address in
            try await TestClient.with(cluster, address, limits: Self.limits()) { client in
                let follower = client.follower(of: Pod.self)
                let following = Task { await follower.run { copy.take($0) } }
                await copy.until { $0.completed == 1 }
                following.cancel()
                await following.value
            }
            return address.port
        }
        let config = try TestClient.credentials(cluster, FakeCluster.Address(host: "127.0.0.1", port: port))
        let client = ClusterClient(config, limits: Self.limits())
        let follower = client.follower(of: Pod.self)
        let away = Task { await follower.run { copy.take($0) } }
        while follower.status.failure == nil { await Task.yield() }
        #expect(follower.status.failure?.message.contains("onnection refused") == true)
        #expect(!follower.status.isSynced)
        try await cluster.serve(port: port) { _ in
            await copy.until { $0.completed == 2 }
            try await Self.expectSame(cluster, copy)
        }
        // The second time it goes while a watch is open.
        cluster.put(.pod("meanwhile"))
        try await cluster.serve(port: port) { _ in
            await copy.until { $0.names.contains("meanwhile") }
        }
        #expect(copy.snapshot.completed == 2, "the watch is taken up")
        away.cancel()
        await away.value
        try await client.shutdown()
    }

    @Test("an object that cannot be read is left out and told")
    func rejected() async throws {
        try await Self.following(Self.limits()) { cluster in
            cluster.put(FakeObject(.pod, namespace: "default", name: "odd", content: ["\"spec\":[]"]))
        } _: { cluster, copy, follower in
            await copy.until { $0.completed == 1 }
            #expect(copy.snapshot.names == ["p1", "p2", "p3", "p4", "p5"])
            #expect(follower.status.rejected == 1)
            #expect(follower.status.lastRejection?.contains("spec") == true)
            try await Self.expectSame(cluster, copy)
        }
    }

    @Test(
        "owners come as metadata alone, and as whole objects from a server that cannot cut",
        arguments: [true, false]
    )
    func metadataOnly(isOffered: Bool) async throws {
        let cluster = try FakeCluster()
        cluster.offerPartialMetadata(isOffered)
        let controller = FakeObject.Controller("Deployment", name: "web", uid: "d1")
        cluster.put(.owner(.replicaSet, "web-1", controller: controller))
        try await cluster.serve { address in
            try await TestClient.with(cluster, address, limits: Self.limits(.streams)) { client in
                let follower = client.follower(of: ReplicaSet.self)
                let copy = Copy<ReplicaSet>()
                let task = Task { await follower.run { copy.take($0) } }
                await copy.until { $0.completed == 1 }
                cluster.put(.owner(.replicaSet, "web-2", controller: controller))
                await copy.until { $0.names == ["web-1", "web-2"] }
                #expect(copy.snapshot.objects.values.allSatisfy { $0.metadata.controller?.name == "web" })
                #expect(
                    cluster.snapshot.requests[0].accept?.hasPrefix("application/json;as=PartialObjectMetadata;") == true
                )
                task.cancel()
                await task.value
            }
        }
    }

    @Test("all six kinds at a time, over one client")
    func allKinds() async throws {
        let cluster = try FakeCluster()
        cluster.put(
            .pod("p"),
            .node("n", zone: "z"),
            .service("s", clusterIPs: ["10.96.0.1"]),
            .endpointSlice("s-1", service: "s", endpoints: [("10.0.0.1", "pods-default-p", "n", "z")]),
            .owner(.replicaSet, "r"),
            .owner(.job, "j")
        )
        try await cluster.serve { address in
            try await TestClient.with(cluster, address, limits: Self.limits(.streams)) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    @Sendable func follow<Object: ClusterObject>(_ type: Object.Type) async {
                        let copy = Copy<Object>()
                        let follower = client.follower(of: type)
                        let task = Task { await follower.run { copy.take($0) } }
                        await copy.until { $0.completed == 1 && $0.objects.count == 1 }
                        task.cancel()
                        await task.value
                    }
                    group.addTask { await follow(Pod.self) }
                    group.addTask { await follow(Node.self) }
                    group.addTask { await follow(Service.self) }
                    group.addTask { await follow(EndpointSlice.self) }
                    group.addTask { await follow(ReplicaSet.self) }
                    group.addTask { await follow(Job.self) }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("50,000 pods in pages, never more than a page at a time")
    func manyPods() async throws {
        let cluster = try FakeCluster()
        cluster.put((0..<50_000).map { .pod("p\($0)", node: "n\($0 / 30)", ips: ["10.1.\($0 / 250).\($0 % 250)"]) })
        try await cluster.serve { address in
            try await TestClient.with(cluster, address, limits: Self.limits(pageSize: 500)) { client in
                let follower = client.follower(of: Pod.self)
                let copy = Copy<Pod>()
                let task = Task { await follower.run { copy.take($0) } }
                await copy.until { $0.completed == 1 }
                #expect(copy.snapshot.objects.count == 50_000)
                #expect(copy.snapshot.largestBatch <= 502)
                #expect(cluster.snapshot.requests.filter { $0.kind == .list }.count == 100)
                task.cancel()
                await task.value
            }
        }
    }
}
