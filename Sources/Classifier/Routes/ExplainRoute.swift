// SPDX-License-Identifier: Apache-2.0
import Classification
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Queries
import Traffic

/// `GET /api/v1/explain`: how far an address is, what it is called, and which entry of which list says so.
struct ExplainRoute: Sendable {
    /// Knows where the nodes stand.
    let ledger: Ledger
    /// What decides.
    let rules: LiveRules
    /// What knows the cluster's objects; `nil` if nothing does.
    let feed: InventoryFeed?
    /// The time of day.
    let clock: WallClock

    /// The route.
    var route: Route {
        .get("/api/v1/explain", for: .limitedReaders, takesParameters: true) { _, parameters in
            try await answer(parameters)
        }
    }

    private func answer(_ parameters: Route.Parameters) async throws -> Response {
        let query: ExplainQuery
        let vantage: Vantage
        let owner: ExplainReport.Owner?
        do {
            query = try ExplainQuery(parameters: parameters, now: clock.seconds)
            (vantage, owner) = try await self.vantage(query)
        } catch let error as QueryError {
            throw RequestProblem(Problem(error))
        }
        let (nanoseconds, overflow) = query.at.multipliedReportingOverflow(by: 1_000_000_000)
        let explanation = rules.rulebook.rules(at: overflow ? .max : nanoseconds)
            .explain(remote: query.remote, viaLoopback: false, from: vantage)
        var report = ExplainReport(explanation, query: query, vantage: vantage)
        report.owner = owner
        judge(&report, by: rules.rulebook.rules(at: overflow ? .max : nanoseconds), query: query, from: vantage)
        let format = query.format ?? .json
        return Response(
            status: .ok,
            headers: [.contentType: format.contentType],
            body: .init(
                byteBuffer: format == .json ? ByteBuffer(bytes: report.json()) : ByteBuffer(string: report.table())
            )
        )
    }

    /// Adds what the cluster's objects say, which decides the scope unless a list of the operator's does.
    private func judge(_ report: inout ExplainReport, by rules: RuleSet, query: ExplainQuery, from asked: Vantage) {
        guard let feed, asked.cluster.isEmpty || asked.cluster == feed.live.cluster, let interval = query.second
        else { return }
        let inventory = feed.live.snapshot
        let port = query.port.map { ClusterService.Port($0.ipProtocol, $0.number) }
        guard
            let peer = inventory.peer(at: query.remote, port: port, during: interval, from: asked),
            let object = inventory.object(at: query.remote, during: interval)
        else { return }
        // Whoever may not see a namespace is told how far its objects are, and not what they are called.
        if query.visibility == .everything || query.visibility.includes(namespace: peer.namespace) {
            report.peer = ExplainReport.Peer(
                kind: peer.kind,
                namespace: peer.namespace,
                workload: peer.workload,
                zone: peer.zone,
                resolution: peer.resolution,
                object: object
            )
        }
        let ruling = rules.ruling(remote: query.remote, viaLoopback: false)
        guard let scope = peer.scope, !rules.isDecidedByList(ruling) else { return }
        if let entry = report.decidedBy { report.overruled.insert(entry, at: 0) }
        report.decidedBy = nil
        report.scope = scope
        report.rule = peer.rule
        // Inside the cluster no gateway is passed unless a rule says so, as in the ledger.
        if report.route == Classification.Route.assumedNAT.rawValue {
            report.route = Classification.Route.direct.rawValue
        }
    }

    /// From where is judged, and whose bytes.
    private func vantage(_ query: ExplainQuery) async throws -> (Vantage, ExplainReport.Owner?) {
        switch query.local {
        case .unknown: return (Vantage(place: Place(region: nil, zone: nil)), nil)
        case .place(let region, let zone): return (Vantage(place: Place(region: region, zone: zone)), nil)
        case .node(let name): return (try await vantage(ofNode: name, query), nil)
        case .address(let address):
            if let found = holder(of: address, query) { return try await then(found, query) }
            // A node may be called by its address.
            return (try await vantage(ofNode: address.description, query), nil)
        }
    }

    /// The node on which a pod had `address`, and the pod; or the node that had it itself.
    private func holder(of address: IPAddress, _ query: ExplainQuery) -> (Vantage, ExplainReport.Owner?)? {
        guard let feed, let interval = query.second else { return nil }
        let inventory = feed.live.snapshot
        func vantage(_ node: String) -> Vantage {
            Vantage(cluster: feed.live.cluster, node: node, place: inventory.place(ofNode: node) ?? .unknown)
        }
        if let uid = inventory.uidOfPod(at: address, during: interval), let names = inventory.names(ofPod: uid) {
            // Whoever may not see a namespace is not told who is in it.
            guard query.visibility == .everything || query.visibility.includes(namespace: names.namespace) else {
                return nil
            }
            let owner = ExplainReport.Owner(
                namespace: names.namespace,
                pod: names.name,
                workloadKind: names.workload.kind,
                workload: names.workload.name,
                object: inventory.object(at: address, during: interval) ?? ""
            )
            return (vantage(names.node), owner)
        }
        guard query.visibility == .everything, let node = inventory.node(at: address, during: interval) else {
            return nil
        }
        return (vantage(node), nil)
    }

    /// The same, with the place that the node's bytes had at the time, if it has had several.
    private func then(
        _ found: (vantage: Vantage, owner: ExplainReport.Owner?),
        _ query: ExplainQuery
    ) async throws -> (Vantage, ExplainReport.Owner?) {
        var vantage = found.vantage
        let places = ledger.places(ofNode: vantage.node, within: query.visibility)
            .filter { $0.cluster == vantage.cluster }.map(\.place)
        vantage.place =
            try await place(among: places, ofNode: vantage.node, in: vantage.cluster, query) ?? vantage.place
        return (vantage, found.owner)
    }

    /// The one of a node's `places`, of which the newest comes first, at which it was then; `nil` if that is not known.
    private func place(
        among places: [Place],
        ofNode name: String,
        in cluster: String,
        _ query: ExplainQuery
    ) async throws -> Place? {
        guard places.count > 1 else { return nil }
        let then = try await ledger.places(ofNode: name, in: cluster, at: query.at, within: query.visibility)
        return places.first(where: then.contains)
    }

    private func vantage(ofNode name: String, _ query: ExplainQuery) async throws -> Vantage {
        let found = ledger.places(ofNode: name, within: query.visibility)
        guard let newest = found.first else {
            throw QueryError(
                parameter: "local",
                detail: "no node '\(name.prefix(100))' has sent bytes; name one of /api/v1/status, region/zone, or "
                    + "the address of a pod that the classifier knows"
            )
        }
        let clusters = Set(found.map(\.cluster)).count
        guard clusters == 1 else {
            throw QueryError(
                parameter: "local",
                detail: "\(clusters) clusters have a node '\(name.prefix(100))'; give region/zone"
            )
        }
        let then = try await place(among: found.map(\.place), ofNode: name, in: newest.cluster, query)
        return Vantage(cluster: newest.cluster, node: name, place: then ?? newest.place)
    }
}

extension ExplainQuery {
    /// The second that is asked about; `nil` if it is too far away to be counted in nanoseconds.
    fileprivate var second: Interval? {
        guard at < Int64.max / 1_000_000_000 - 1, at > Int64.min / 1_000_000_000 + 1 else { return nil }
        return Interval(start: at * 1_000_000_000, end: (at + 1) * 1_000_000_000)
    }
}

extension ExplainReport {
    fileprivate init(_ explanation: Explanation, query: ExplainQuery, vantage: Vantage) {
        let verdict = explanation.verdict
        self.init(
            remote: query.remote,
            at: query.at,
            node: vantage.node,
            region: vantage.place.region ?? "",
            zone: vantage.place.zone ?? "",
            scope: verdict.scope,
            rule: verdict.rule,
            network: verdict.network,
            route: verdict.route.rawValue,
            routeRule: explanation.routeRule,
            decidedBy: explanation.scopeEntry.map(Entry.init),
            namedBy: explanation.networkEntry.map(Entry.init),
            overruled: explanation.overruled.map(Entry.init)
        )
    }
}

extension ExplainReport.Entry {
    fileprivate init(_ entry: Explanation.Entry) {
        self.init(rule: entry.rule, place: entry.place, block: entry.block, network: entry.network)
    }
}
