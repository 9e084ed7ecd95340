// SPDX-License-Identifier: Apache-2.0

/// The names of networks that there is room for.
struct NameBudget: Sendable {
    private let names: Set<String>
    /// How many names there are, those without room included.
    let wanted: Int

    /// The first `plan.maxNames` names: of the plan's networks, then of each feed the most specific first.
    init(_ plan: NetworkPlan, feeds: [FeedSnapshot]) {
        var names: Set<String> = []
        var wanted: Set<String> = []
        func add(_ name: String) {
            wanted.insert(name)
            if names.count < plan.maxNames { names.insert(name) }
        }
        for network in plan.networks { add(network.name) }
        for feed in feeds {
            for label in feed.labels.sorted(by: { ($0.rank, $0.name) < ($1.rank, $1.name) }) { add(label.name) }
        }
        self.names = names
        self.wanted = wanted.count
    }

    /// `name`, or ``Network/other`` if there is no room for it.
    func shown(_ name: String) -> String {
        names.contains(name) ? name : Network.other
    }

    /// True if some names have no room.
    var isExceeded: Bool {
        wanted > names.count
    }
}
