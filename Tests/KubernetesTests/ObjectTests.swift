// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport
import Testing

@testable import Kubernetes

@Suite("Objects of the API")
struct ObjectTests {
    private static func decode<Object: Decodable>(_ type: Object.Type = Object.self, _ json: String) throws -> Object {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }

    @Test("a pod, with all that is known of it")
    func pod() throws {
        let pod: Pod = try Self.decode(
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-1","namespace":"shop","uid":"u1",
            "resourceVersion":"5","creationTimestamp":"2026-11-01T10:00:00Z","deletionTimestamp":"2026-11-01T11:00:30Z",
            "ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"x","uid":"u8"},
            {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"u9","controller":true}],
            "managedFields":[{"fieldsV1":{"f:spec":{}}}]},
            "spec":{"nodeName":"n1","hostNetwork":true,"containers":[{"name":"c"}]},
            "status":{"phase":"Succeeded","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],
            "hostIP":"192.0.2.1","hostIPs":[{"ip":"192.0.2.1"},{"ip":"2001:db8::1"}],
            "startTime":"2026-11-01T10:00:01Z","containerStatuses":[
            {"name":"a","state":{"terminated":{"exitCode":0,"finishedAt":"2026-11-01T10:59:00Z"}}},
            {"name":"b","state":{"terminated":{"exitCode":0,"finishedAt":"2026-11-01T11:00:00Z"}}}]}}
            """
        )
        #expect(
            pod
                == Pod(
                    metadata: ObjectMetadata(
                        uid: "u1",
                        namespace: "shop",
                        name: "web-1",
                        controller: ControllerReference(kind: "ReplicaSet", name: "web", uid: "u9"),
                        creationTime: 1_793_527_200,
                        deletionTime: 1_793_530_830
                    ),
                    nodeName: "n1",
                    isHostNetwork: true,
                    phase: .succeeded,
                    podIPs: ["10.0.0.1", "fd00::1"],
                    hostIPs: ["192.0.2.1", "2001:db8::1"],
                    startTime: 1_793_527_201,
                    finishTime: 1_793_530_800
                )
        )
    }

    @Test("a pod that was just made has nothing but its metadata, and one of an older server single addresses")
    func sparePod() throws {
        let pending: Pod = try Self.decode(#"{"metadata":{"name":"a","namespace":"b","uid":"c"}}"#)
        #expect(pending == Pod(metadata: ObjectMetadata(uid: "c", namespace: "b", name: "a")))
        let older: Pod = try Self.decode(
            """
            {"metadata":{"name":"a","namespace":"b","uid":"c","creationTimestamp":null},"spec":{"nodeName":""},
            "status":{"phase":"Paused","podIP":"10.0.0.1","hostIP":"192.0.2.1"}}
            """
        )
        #expect(older.podIPs == ["10.0.0.1"])
        #expect(older.hostIPs == ["192.0.2.1"])
        #expect(older.phase == .unknown)
        #expect(older.nodeName == nil)
    }

    @Test("a node's zone and region, by the labels of today and those of before")
    func node() throws {
        func labelled(_ labels: String) throws -> Node {
            try Self.decode(#"{"metadata":{"name":"n","uid":"u","labels":{\#(labels)}},"spec":{},"status":{}}"#)
        }
        let today = try labelled(
            #""topology.kubernetes.io/zone":"z","topology.kubernetes.io/region":"r","failure-domain.beta.kubernetes.io/zone":"old""#
        )
        #expect(today.zone == "z")
        #expect(today.region == "r")
        let before = try labelled(
            #""failure-domain.beta.kubernetes.io/zone":"z","failure-domain.beta.kubernetes.io/region":"r""#
        )
        #expect(before.zone == "z")
        #expect(before.region == "r")
        let empty = try labelled(#""topology.kubernetes.io/zone":"""#)
        #expect(empty.zone == nil, "an empty label is no zone")
        let bare: Node = try Self.decode(
            """
            {"metadata":{"name":"n","uid":"u"},"spec":{"providerID":"aws:///z/i-1"},"status":{"addresses":[
            {"type":"InternalIP","address":"10.0.0.1"},{"type":"Hostname","address":"n"},
            {"type":"ExternalIP","address":"203.0.113.1"},{"type":"InternalIP","address":"fd00::1"}]}}
            """
        )
        #expect(bare.internalIPs == ["10.0.0.1", "fd00::1"])
        #expect(bare.externalIPs == ["203.0.113.1"])
        #expect(bare.providerID == "aws:///z/i-1")
        #expect(bare.zone == nil)
    }

    @Test("services of every kind")
    func service() throws {
        func service(_ rest: String) throws -> Service {
            try Self.decode(#"{"metadata":{"name":"s","namespace":"n","uid":"u"},\#(rest)}"#)
        }
        let balancer = try service(
            """
            "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1","fd00::a"],
            "externalIPs":["203.0.113.9"],"ports":[{"name":"dns","protocol":"UDP","port":53,"nodePort":30053},
            {"port":80,"nodePort":0}]},"status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.1"},{"hostname":"lb"}]}}
            """
        )
        #expect(balancer.kind == .loadBalancer)
        #expect(balancer.clusterIPs == ["10.96.0.1", "fd00::a"])
        #expect(balancer.externalIPs == ["203.0.113.9"])
        #expect(balancer.loadBalancerIPs == ["198.51.100.1"])
        #expect(
            balancer.ports == [
                Service.Port(name: "dns", transport: "UDP", port: 53, nodePort: 30_053), Service.Port(port: 80),
            ]
        )
        let headless = try service(#""spec":{"clusterIP":"None","clusterIPs":["None"]}"#)
        #expect(headless.isHeadless)
        #expect(headless.clusterIPs.isEmpty)
        let older = try service(#""spec":{"clusterIP":"10.96.0.1"}"#)
        #expect(older.clusterIPs == ["10.96.0.1"])
        #expect(older.kind == .clusterIP)
        let alias = try service(
            #""spec":{"type":"ExternalName","externalName":"example.com"},"status":{"loadBalancer":{}}"#
        )
        #expect(alias.kind == .externalName)
        #expect(alias.clusterIPs.isEmpty && !alias.isHeadless)
        #expect(try service(#""spec":{"type":"Later"}"#).kind == .unknown)
    }

    @Test("endpoint slices, with the API's defaults for what they do not say")
    func endpointSlice() throws {
        let slice: EndpointSlice = try Self.decode(
            """
            {"metadata":{"name":"s-1","namespace":"n","uid":"u","labels":{"kubernetes.io/service-name":"s"}},
            "addressType":"IPv6","endpoints":[
            {"addresses":["fd00::1"],"conditions":{},"targetRef":{"kind":"Pod","name":"p","uid":"p1"},
            "nodeName":"n1","zone":"z"},
            {"addresses":["fd00::2"],"conditions":{"ready":false,"serving":true,"terminating":true},
            "targetRef":{"kind":"Node","uid":"x"}}],
            "ports":[{"name":"","port":8080},{"name":"dns","protocol":"UDP","port":null}]}
            """
        )
        #expect(slice.serviceName == "s")
        #expect(slice.addressType == "IPv6")
        #expect(
            slice.endpoints == [
                EndpointSlice.Endpoint(addresses: ["fd00::1"], nodeName: "n1", zone: "z", podUID: "p1"),
                EndpointSlice.Endpoint(addresses: ["fd00::2"], isReady: false, isTerminating: true),
            ]
        )
        #expect(
            slice.ports == [
                EndpointSlice.Port(port: 8080), EndpointSlice.Port(name: "dns", transport: "UDP", port: nil),
            ]
        )
        let empty: EndpointSlice = try Self.decode(
            #"{"metadata":{"name":"s","namespace":"n","uid":"u"},"addressType":"IPv4","endpoints":null,"ports":null}"#
        )
        #expect(empty.endpoints.isEmpty && empty.ports.isEmpty && empty.serviceName == nil)
    }

    @Test(
        "times",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-01T10:00:00Z", 1_793_527_200), ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-11-01T10:00:00.123456Z", 1_793_527_200), ("2026-11-01T11:30:00+01:30", 1_793_527_200),
            ("2026-11-01T09:00:00-01:00", 1_793_527_200), ("1969-12-31T23:59:59Z", -1),
            ("2026-11-01", nil), ("2026-11-01T10:00:00", nil), ("2026-13-01T10:00:00Z", nil), ("", nil),
            ("2026-11-01T10:00:00+0130", nil), ("2026-11-01T10:00:00Zx", nil), ("2026-11-01 10:00:00Z", nil),
            ("２026-11-01T10:00:00Z", nil),
        ] as [(String, Int64?)]
    )
    func times(text: String, seconds: Int64?) {
        #expect(ObjectTime(text)?.seconds == seconds)
    }

    @Test("times agree with Foundation's on any day")
    func anyTime() {
        var random = SeededRandom()
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -2_000_000_000...10_000_000_000, using: &random)
            let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
            #expect(ObjectTime(text)?.seconds == seconds, "seed \(random.seed)")
        }
    }

    @Test("one object that cannot be read does not cost the others of its page")
    func page() throws {
        let page: ListPage<Pod> = try Self.decode(
            """
            {"metadata":{"resourceVersion":"7","continue":"abc"},"items":[
            {"metadata":{"name":"a","namespace":"n","uid":"u1"}},{"metadata":{"name":"b","namespace":"n"}},
            {"metadata":{"name":"c","namespace":"n","uid":"u3"},"spec":[]},{"metadata":{"name":"d","uid":"u4"}}]}
            """
        )
        #expect(page.version == "7")
        #expect(page.continuation == "abc")
        #expect(page.objects.map(\.metadata.uid) == ["u1", "u4"])
        #expect(page.rejected == 2)
        #expect(page.rejection == "items.1.metadata.uid is missing")
        let empty: ListPage<Pod> = try Self.decode(#"{"metadata":{"resourceVersion":"7"},"items":null}"#)
        #expect(empty.objects.isEmpty && empty.continuation.isEmpty)
        #expect(throws: DecodingError.self) { try Self.decode(ListPage<Pod>.self, #"{"metadata":{},"items":[]}"#) }
    }

    @Test("events of a watch")
    func events() throws {
        func event(_ text: String) throws -> WatchEvent<Pod> { try Self.decode(text) }
        let object = #"{"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"9"}}"#
        let pod = Pod(metadata: ObjectMetadata(uid: "u", namespace: "n", name: "a"))
        for (type, change) in [("ADDED", Change.put(pod)), ("MODIFIED", .put(pod)), ("DELETED", .delete(pod))] {
            let event = try event(#"{"type":"\#(type)","object":\#(object)}"#)
            #expect(event.signal == .change)
            #expect(event.version == "9")
            #expect(event.change == change)
        }
        let bad = try event(#"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"10"}}}"#)
        #expect(bad.signal == .change && bad.change == nil && bad.version == "10")
        #expect(bad.rejection == "object.metadata.uid is missing")
        let bookmark = try event(
            #"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"11","creationTimestamp":null}}}"#
        )
        #expect(bookmark.signal == .bookmark(endsInitialEvents: false))
        #expect(bookmark.version == "11")
        let end = try event(
            #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1","annotations":{"k8s.io/initial-events-end":"true"}}}}"#
        )
        #expect(end.signal == .bookmark(endsInitialEvents: true))
        let error = try event(
            #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old","details":{"retryAfterSeconds":3}}}"#
        )
        #expect(
            error.signal
                == .failure(APIStatus(code: 410, reason: "Expired", message: "too old", retryAfter: .seconds(3)))
        )
        #expect(try event(#"{"type":"RENAMED","object":{"what":1}}"#).signal == .unknown)
        #expect(throws: DecodingError.self) { try event("{}") }
        #expect(throws: DecodingError.self) { try event("<html>") }
    }

    @Test("bytes that were tampered with are read or refused, and nothing else happens")
    func anyBytes() {
        var random = SeededRandom()
        let decoder = JSONDecoder()
        let original = Array(
            """
            {"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"9",
            "creationTimestamp":"2026-11-01T10:00:00Z"},"spec":{"nodeName":"n"},
            "status":{"phase":"Running","podIPs":[{"ip":"10.0.0.1"}]}}}
            """
            .utf8
        )
        for _ in 0..<3000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
                case 1: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...40, using: &random)))
                case 2: bytes.insert(contentsOf: Array(#"{"["#.utf8), at: Int.random(in: bytes.indices, using: &random))
                default:
                    let from = Int.random(in: bytes.indices, using: &random)
                    bytes.removeSubrange(from..<min(bytes.count, from + 1 + Int.random(in: 0...5, using: &random)))
                    if bytes.isEmpty { bytes = [0x7b] }
                }
            }
            do {
                let event = try decoder.decode(WatchEvent<Pod>.self, from: Data(bytes))
                if event.signal == .change {
                    #expect((event.change == nil) == (event.rejection != nil), "seed \(random.seed)")
                }
            } catch {
                #expect(!error.decodingReason.isEmpty, "seed \(random.seed)")
            }
        }
    }
}
