// SPDX-License-Identifier: Apache-2.0
import Exposition
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
