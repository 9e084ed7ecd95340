// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Decides how far the remote side of a flow is, and says which rule decided.
///
/// In this order, the first that applies:
/// 1. the flow used the loopback interface: `loopback`;
/// 2. the operator's lists (``Destinations``), in their order of precedence;
/// 3. the special-purpose registries: loopback, multicast and broadcast are what they say, and every block
///    that is not globally reachable is `unknown`, because nobody said where it is;
/// 4. everything else is `internet`.
///
/// A value that never changes: a new configuration is a new rule set. Building one from 100,000 prefixes takes
/// a fraction of a second; a verdict costs nanoseconds and depends little on their number.
///
/// See also: ``Destinations``, ``Verdict``.
public struct RuleSet: Sendable {
    /// What a ruling stands for.
    private enum Outcome: Sendable {
        case verdict(Verdict)
        case placed(Place)

        /// The verdict for a node at `local`.
        func verdict(from local: Place) -> Verdict {
            switch self {
            case .verdict(let verdict): verdict
            case .placed(let place): Verdict(scope: local.scope(to: place), rule: "direct-classification")
            }
        }
    }

    /// The ruling of what no rule holds.
    private static let uncovered = 0
    /// The ruling of flows on the loopback interface.
    private static let loopback = 1

    /// By ruling.
    private let outcomes: [Outcome]
    private let table: PrefixTable

    /// The rules that follow from `destinations` and the special-purpose registries.
    public init(_ destinations: Destinations) {
        var outcomes: [Outcome] = [
            .verdict(Verdict(scope: .internet, rule: "default")),
            .verdict(Verdict(scope: .loopback, rule: "loopback-interface")),
        ]
        var prefixes: [PrefixSweep.Prefix] = []
        func add(_ blocks: [CIDR], rank: Int, _ outcome: Outcome) {
            prefixes += blocks.map { PrefixSweep.Prefix(block: $0, rank: rank, outcome: UInt32(outcomes.count)) }
            outcomes.append(outcome)
        }
        for direct in destinations.directClassification {
            add(direct.blocks, rank: 0, .placed(Place(region: direct.region, zone: direct.zone)))
        }
        add(destinations.internet, rank: 1, .verdict(Verdict(scope: .internet, rule: "internet")))
        add(destinations.inZone, rank: 2, .verdict(Verdict(scope: .sameZone, rule: "in-zone")))
        add(destinations.inRegion, rank: 3, .verdict(Verdict(scope: .sameRegion, rule: "in-region")))
        add(destinations.crossRegion, rank: 4, .verdict(Verdict(scope: .crossRegion, rule: "cross-region")))
        for special in SpecialPurpose.registry {
            guard let block = CIDR(special.block) else { preconditionFailure("not a block: \(special.block)") }
            if let scope = special.scope {
                add([block], rank: 5, .verdict(Verdict(scope: scope, rule: special.rule)))
            } else {
                prefixes.append(PrefixSweep.Prefix(block: block, rank: 5, outcome: UInt32(Self.uncovered)))
            }
        }
        self.outcomes = outcomes
        table = PrefixTable(prefixes, uncovered: UInt32(Self.uncovered))
    }

    /// How far `remote` is from a node at `local`.
    ///
    /// - Parameters:
    ///   - remote: the address at the other side of the flow.
    ///   - viaLoopback: true if the flow's packets used the loopback interface.
    ///   - local: where the metered side stands, as far as it is known.
    public func verdict(remote: IPAddress, viaLoopback: Bool, local: Place) -> Verdict {
        outcomes[ruling(remote: remote, viaLoopback: viaLoopback)].verdict(from: local)
    }

    /// The number of what decides about `remote`: an index into ``verdicts(from:)``.
    ///
    /// Many flows from one place are classified fastest so: the verdicts once, then a ruling a flow.
    public func ruling(remote: IPAddress, viaLoopback: Bool) -> Int {
        viaLoopback ? Self.loopback : Int(table.outcome(of: remote))
    }

    /// The verdict of every ruling, for a node at `local`.
    public func verdicts(from local: Place) -> [Verdict] {
        outcomes.map { $0.verdict(from: local) }
    }

    /// Bytes of memory that the lookup structure takes.
    public var tableByteCount: Int {
        table.byteCount
    }
}
