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
        .get("/api/v1/explain", for: .limitedReaders, takesParameters: true) { _, parameters in try answer(parameters) }
    }

    private func answer(_ parameters: Route.Parameters) throws(RequestProblem) -> Response {
        let query: ExplainQuery
        let vantage: Vantage
        do {
            query = try ExplainQuery(parameters: parameters, now: clock.seconds)
            vantage = try self.vantage(query)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let (nanoseconds, overflow) = query.at.multipliedReportingOverflow(by: 1_000_000_000)
        let explanation = rules.rulebook.rules(at: overflow ? .max : nanoseconds)
            .explain(remote: query.remote, viaLoopback: false, from: vantage)
        var report = ExplainReport(explanation, query: query, vantage: vantage)
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
        guard let feed, asked.cluster.isEmpty || asked.cluster == feed.live.cluster,
            query.at < Int64.max / 1_000_000_000 - 1
        else { return }
        let inventory = feed.live.snapshot
        let interval = Interval(start: query.at * 1_000_000_000, end: (query.at + 1) * 1_000_000_000)
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
    }

    private func vantage(_ query: ExplainQuery) throws(QueryError) -> Vantage {
        switch query.local {
        case .unknown: return Vantage(place: Place(region: nil, zone: nil))
        case .place(let region, let zone): return Vantage(place: Place(region: region, zone: zone))
        case .node(let name):
            let found = ledger.newestSeries(ofNode: name, within: query.visibility)
            guard let series = found.first else {
                throw QueryError(
                    parameter: "local",
                    detail: "no node '\(name.prefix(100))' has sent bytes; name one of /api/v1/status, or region/zone"
                )
            }
            guard found.count == 1 else {
                throw QueryError(
                    parameter: "local",
                    detail: "\(found.count) clusters have a node '\(name.prefix(100))'; give region/zone"
                )
            }
            return Vantage(
                cluster: series.cluster,
                node: name,
                place: Place(region: series.region, zone: series.zone)
            )
        }
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
