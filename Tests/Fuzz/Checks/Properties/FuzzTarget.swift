// SPDX-License-Identifier: Apache-2.0

/// What reads bytes from outside, and what must hold for any bytes at all.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// The body of `POST /v1/flows`, and the answer to it.
    case wire
    /// An agent's spool, its recovery and its delivery.
    case spool
    /// A classifier's YAML file.
    case settings
    /// A price book's YAML file.
    case prices
    /// The parameters of a question.
    case query
    /// A cloud's list of addresses.
    case feed
    /// A bill in CSV.
    case bill

    /// Reads `bytes`, which may be anything.
    ///
    /// - Throws: ``FuzzFailure`` if what must hold does not; what traps does not come back.
    func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        switch self {
        case .wire: try WireProperty.check(bytes)
        case .spool: try SpoolProperty.check(bytes)
        case .settings: try SettingsProperty.check(bytes)
        case .prices: try PricesProperty.check(bytes)
        case .query: try QueryProperty.check(bytes)
        case .feed: try FeedProperty.check(bytes)
        case .bill: try BillProperty.check(bytes)
        }
    }
}

/// What must hold does not.
struct FuzzFailure: Error, CustomStringConvertible {
    let description: String

    /// A failure that `description` tells.
    init(_ description: String) {
        self.description = description
    }

    /// Fails with `description` unless `condition` is true.
    static func unless(_ condition: Bool, _ description: @autoclosure () -> String) throws(FuzzFailure) {
        guard condition else { throw FuzzFailure(description()) }
    }
}
