// SPDX-License-Identifier: Apache-2.0
import Exposition
import Feeds
import Ledger
import Traffic

extension MetricsPage {
    /// Writes how many bytes each rule decided about; there are as many series as rules, twice, in each family.
    func writeRules(to text: inout MetricsText) {
        let totals = ledger.ruleTotals()
        text.family(
            "netledger_rule_bytes_total",
            help: "Layer 3 bytes by the rule that decided their scope.",
            kind: .counter
        ) { samples in
            for total in totals {
                let rule = MetricLabel("rule", total.rule)
                samples.sample([rule, MetricLabel("direction", "egress")], total.counters.egressBytes)
                samples.sample([rule, MetricLabel("direction", "ingress")], total.counters.ingressBytes)
            }
        }
        text.family(
            "netledger_unknown_scope_bytes_total",
            help: "Layer 3 bytes to and from places that nobody named, by the rule that found no scope.",
            kind: .counter
        ) { samples in
            for total in totals where !total.unknown.isZero {
                let rule = MetricLabel("rule", total.rule)
                samples.sample([rule, MetricLabel("direction", "egress")], total.unknown.egressBytes)
                samples.sample([rule, MetricLabel("direction", "ingress")], total.unknown.ingressBytes)
            }
        }
    }

    /// Writes how the feeds that are loaded from a URL fare.
    func writeFeeds(to text: inout MetricsText) {
        let feeds = rules.feedStatuses.map { feed, remote, status in
            (labels: [MetricLabel("feed", feed.kind.rawValue), MetricLabel("url", remote.url)], status: status)
        }
        text.family(
            "netledger_feed_refreshes_total",
            help: "Times a feed was asked for, by what came of it.",
            kind: .counter
        ) { samples in
            for (labels, status) in feeds {
                samples.sample(labels + [MetricLabel("result", "changed")], status.changed)
                samples.sample(labels + [MetricLabel("result", "unchanged")], status.unchanged)
                samples.sample(labels + [MetricLabel("result", "failure")], status.failed)
            }
        }
        text.family(
            "netledger_feed_last_answer_timestamp_seconds",
            help: "When a feed's publisher last gave an answer that could be used, in seconds since 1970; 0 for never.",
            kind: .gauge
        ) { samples in
            for (labels, status) in feeds { samples.sample(labels, UInt64(max(0, status.answeredAt ?? 0))) }
        }
    }

    /// Writes how the configuration was loaded.
    func writeConfiguration(to text: inout MetricsText) {
        let status = rules.status
        text.family(
            "netledger_classifier_config_reloads_total",
            help: "Times the configuration was read again, by result.",
            kind: .counter
        ) {
            $0.sample([MetricLabel("result", "success")], status.successes)
            $0.sample([MetricLabel("result", "failure")], status.failures)
        }
        text.family(
            "netledger_classifier_config_last_reload_successful",
            help: "1 if the configuration on disk is the one that holds, 0 if it could not be used.",
            kind: .gauge,
            value: status.error == nil ? 1 : 0
        )
        text.family(
            "netledger_classifier_config_loaded_timestamp_seconds",
            help: "When the configuration that holds was loaded, in seconds since 1970.",
            kind: .gauge,
            value: UInt64(max(0, status.loadedAt))
        )
    }
}
