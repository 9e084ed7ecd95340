// SPDX-License-Identifier: Apache-2.0
import Traffic

/// What a line of a bill is for, as far as bytes cause it.
public enum BillKind: String, Hashable, Sendable, CaseIterable {
    /// NAT gateways: bytes processed, and their hours.
    case nat
    /// Between zones of a region.
    case zone
    /// Out to the internet.
    case internet
    /// Out to other regions.
    case region

    /// The kind that the texts of a bill's line name; `nil` if they name none.
    ///
    /// Known are the usage types of AWS (`…NatGateway-Bytes`, `…NatGateway-Hours`, `…DataTransfer-Regional-Bytes`,
    /// `…-AWS-Out-Bytes`, `…DataTransfer-Out-Bytes`), and what Google Cloud and Azure call the same.
    public init?(_ text: String) {
        let text = text.lowercased()
        func names(_ parts: String...) -> Bool { parts.allSatisfy { text.contains($0) } }
        if names("natgateway-bytes") || names("natgateway-hours") || names("nat", "data process")
            || names("nat gateway") || names("cloud nat")
        {
            self = .nat
        } else if names("datatransfer-regional-bytes") || names("inter zone") || names("inter-zone")
            || names("availability zone", "transfer")
        {
            self = .zone
        } else if names("-aws-out-bytes") || names("inter region") || names("inter-region") {
            self = .region
        } else if names("datatransfer-out-bytes") || names("internet egress") || names("internet data transfer")
            || names("data transfer out")
        {
            self = .internet
        } else {
            return nil
        }
    }

    /// A text that names it, as a bill's line would.
    var usageType: String {
        switch self {
        case .nat: "NatGateway-Bytes"
        case .zone: "DataTransfer-Regional-Bytes"
        case .internet: "DataTransfer-Out-Bytes"
        case .region: "Region-AWS-Out-Bytes"
        }
    }

    /// True for what is paid for bytes that come in, too.
    var isOfBothDirections: Bool {
        self == .nat || self == .zone
    }

    /// The bytes that cause it, as a filter of a usage query.
    public var filters: [(name: String, value: String)] {
        cause.map { ($0.key.rawValue, $0.value.sorted().joined(separator: ",")) }
    }

    /// The values of dimensions that bytes which cause it have.
    var cause: [Dimension: Set<String>] {
        switch self {
        case .nat: [.nat: NATReview.billable]
        case .zone: [.scope: [Scope.sameRegion.rawValue]]
        case .internet: [.scope: [Scope.internet.rawValue]]
        case .region: [.scope: [Scope.crossRegion.rawValue]]
        }
    }

    /// The bytes of `counters` that it is for: both directions, or what went out.
    func bytes(_ counters: FlowCounters) -> UInt64 {
        guard isOfBothDirections else { return counters.egressBytes }
        let (sum, over) = counters.egressBytes.addingReportingOverflow(counters.ingressBytes)
        return over ? .max : sum
    }
}
