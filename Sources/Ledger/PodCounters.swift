// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Everything ever booked, by the labels of the Prometheus counters.
///
/// While a ledger is open labels are only ever appended, and no value goes down: an index stands for the same labels in
/// every copy. Values come back from the file when the ledger is opened again; the order may differ then.
public struct PodCounters: Sendable {
    /// One element per time series.
    public private(set) var labels: [PodLabels] = []
    /// The sum of bytes and packets of the labels at the same index.
    public private(set) var values: [FlowCounters] = []
    /// The part of ``values`` whose scope is unknown.
    public private(set) var unknown: [FlowCounters] = []
    /// The part of ``values`` whose scope is known and that passes a NAT gateway, for certain or as is assumed.
    public private(set) var nat: [FlowCounters] = []

    private var indexByLabels: [PodLabels: Int] = [:]
    /// For each series of the ledger, by id minus 1, the index of its labels.
    private var indexBySeries: [Int32] = []
    /// For each series of the ledger, by id minus 1, the part that it belongs to.
    private var partBySeries: [Part] = []

    private enum Part: UInt8 {
        case unknown
        case nat
        case rest

        init(_ series: SeriesKey) {
            if series.trafficClass.scope == .unknown {
                self = .unknown
            } else {
                self = series.nat == .yes || series.nat == .assumed ? .nat : .rest
            }
        }
    }

    init() {}

    /// Makes room for the series with the next id.
    ///
    /// One that awaits its pod has none: when its bytes are moved to the pod's they would be counted a second time.
    mutating func append(_ series: SeriesKey) {
        partBySeries.append(Part(series))
        guard !series.awaitsItsPod else {
            indexBySeries.append(-1)
            return
        }
        let key = PodLabels(series)
        let index = indexByLabels[key, default: labels.count]
        if index == labels.count {
            indexByLabels[key] = index
            labels.append(key)
            values.append(.zero)
            unknown.append(.zero)
            nat.append(.zero)
        }
        indexBySeries.append(Int32(index))
    }

    /// Adds `counters` of the series with `id` to its labels' value, which stays at its largest if it gets there.
    mutating func add(_ counters: FlowCounters, seriesID id: Int) {
        let index = Int(indexBySeries[id - 1])
        guard index >= 0 else { return }
        values[index].addSaturating(counters)
        switch partBySeries[id - 1] {
        case .unknown: unknown[index].addSaturating(counters)
        case .nat: nat[index].addSaturating(counters)
        case .rest: break
        }
    }
}

/// The labels of one time series of the Prometheus counters.
public struct PodLabels: Hashable, Sendable {
    /// Namespace, slice, container runtime or parent cgroup.
    public var namespace: String
    /// Pod, unit, container or last component of the cgroup's path.
    public var podName: String
    /// True only if it is known that the metered side started the flow.
    public var podInitiated: Bool
    /// True if the peer is on the public internet.
    public var internet: Bool
    /// True only for what is known to be in the region.
    public var sameRegion: Bool
    /// True only for what is known to be in the zone.
    public var sameZone: Bool

    /// Labels with these values.
    public init(
        namespace: String,
        podName: String,
        podInitiated: Bool,
        internet: Bool,
        sameRegion: Bool,
        sameZone: Bool
    ) {
        self.namespace = namespace
        self.podName = podName
        self.podInitiated = podInitiated
        self.internet = internet
        self.sameRegion = sameRegion
        self.sameZone = sameZone
    }

    /// The labels that `series` counts for.
    public init(_ series: SeriesKey) {
        self.init(
            namespace: series.namespace,
            podName: series.pod,
            podInitiated: series.trafficClass.podInitiated,
            internet: series.trafficClass.internet,
            sameRegion: series.trafficClass.sameRegion,
            sameZone: series.trafficClass.sameZone
        )
    }
}
