// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import Traffic

/// A feed is refused in a sentence, or every block of it has a name.
enum FeedProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let first = bytes.first else { return }
        let kind = FeedKind.allCases[Int(first) % FeedKind.allCases.count]
        let snapshot: FeedSnapshot
        do {
            snapshot = try FeedSnapshot(kind, document: Array(bytes.dropFirst()), source: "f.json")
        } catch {
            try FuzzFailure.unless(error.source == "f.json" && !error.reason.isEmpty, "no sentence: \(error)")
            return try FuzzFailure.unless(!error.description.contains("\n"), "more than a line: \(error)")
        }
        let rules = RuleSet(NetworkPlan(), feeds: [snapshot])
        for entry in snapshot.entries {
            let local = Place(region: "us-east-1", zone: nil)
            let verdict = rules.verdict(remote: entry.block.base, viaLoopback: false, local: local)
            try FuzzFailure.unless(!verdict.network.isEmpty, "\(entry.block) has no name")
        }
    }
}
