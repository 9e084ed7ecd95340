// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds

/// What can be said of a configuration without using it.
struct ConfigurationCheck: Sendable {
    /// Overlaps that are listed one by one.
    static let mostListed = 100

    /// The lines, each without its line break.
    let lines: [String]

    /// Reads what `settings` names and looks for what is probably not meant.
    ///
    /// - Throws: `FeedError` for a feed's file that cannot be used.
    init(_ settings: ClassifierSettings) throws {
        let rulebook = try Rulebook(settings)
        let overlaps = rulebook.plan.overlaps()
        let shadowed = overlaps.filter(\.isShadowed)
        let partial = overlaps.filter { !$0.isShadowed }
        var lines = rulebook.warnings().map { "warning: \($0)" }
        for feed in settings.feeds {
            guard let remote = feed.remote, FeedFolder(kind: feed.kind, path: feed.path).lastAnswer == nil else {
                continue
            }
            lines.append(
                "warning: \(feed.path) has no edition from \(remote.url) yet; until the classifier has loaded it, what "
                    + "others put there is all that is known"
            )
        }
        lines += Self.list(shadowed, "shadowed")
        lines += Self.list(partial, "overlap")
        let destinations = rulebook.plan.destinations
        let blocks =
            destinations.directClassification.reduce(0) { $0 + $1.blocks.count } + destinations.internet.count
            + destinations.inZone.count + destinations.inRegion.count + destinations.crossRegion.count
        lines.append(
            "The configuration can be used: \(blocks) blocks in destinations, \(rulebook.plan.networks.count) networks, "
                + "\(rulebook.plan.routes.count) nat rules, \(settings.feeds.count) feeds; "
                + "\(shadowed.count) entries shadowed, \(partial.count) overlaps."
        )
        self.lines = lines
    }

    private static func list(_ overlaps: [RuleOverlap], _ label: String) -> [String] {
        let listed = overlaps.prefix(mostListed).map { "\(label): \($0)" }
        let rest = overlaps.count - listed.count
        return rest > 0 ? listed + ["\(label): and \(rest) more"] : listed
    }
}
