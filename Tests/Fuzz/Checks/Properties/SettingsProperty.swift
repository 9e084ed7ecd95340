// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import Settings
import Traffic

#if !LINKED_SOURCES
@testable import Classifier
#endif

/// A configuration is refused in a sentence that names the file, or it makes rules that decide about any address.
enum SettingsProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        do throws(SettingsError) {
            let file = try SettingsFile(path: "f.yaml", text: String(decoding: bytes, as: UTF8.self))
            let fields = try file.root.mapping(["destinations", "networks", "nat", "feeds"])
            var plan = NetworkPlan()
            if let node = fields["destinations"] { plan.destinations = try Destinations(node) }
            if let node = fields["networks"] { plan.networks = try Network.list(node) }
            if let node = fields["nat"] { plan.routes = try RouteRule.list(node) }
            if let node = fields["feeds"] { _ = try FeedFile.list(node) }
            let rules = RuleSet(plan, feeds: [])
            for address in ["10.1.2.3", "8.8.8.8", "fe80::1", "2001:db8::9"].compactMap({ IPAddress($0) }) {
                let local = Place(region: "r", zone: "z")
                let verdict = rules.verdict(remote: address, viaLoopback: false, local: local)
                guard verdict == rules.verdict(remote: address, viaLoopback: false, local: local) else {
                    throw SettingsError(.flag("rules"), "two verdicts about \(address)")
                }
            }
        } catch {
            try expectSentence(error)
        }
    }

    static func expectSentence(_ error: SettingsError) throws(FuzzFailure) {
        let text = "\(error)"
        try FuzzFailure.unless(text.hasPrefix("f.yaml") && !error.reason.isEmpty, "no sentence: \(text)")
        try FuzzFailure.unless(!error.reason.contains("\n"), "more than a line: \(text)")
    }
}
