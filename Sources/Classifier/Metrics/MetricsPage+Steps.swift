// SPDX-License-Identifier: Apache-2.0
import Exposition
import Queries

extension MetricsPage {
    /// Writes the rates that changed and stayed; see `StepDetector`.
    func writeSteps(to text: inout MetricsText) {
        let steps = steps.steps.map { step in
            (labels: zip(StepWatch.dimensions, step.group).map { MetricLabel($0.rawValue, $1) }, step: step)
        }
        text.family(
            "netledger_step_change_bytes_per_hour",
            help: "Layer 3 bytes an hour, both directions, of what changed its rate and stayed there.",
            kind: .gauge
        ) { for step in steps { $0.sample(step.labels, step.step.after) } }
        text.family(
            "netledger_step_change_baseline_bytes_per_hour",
            help: "What the same had before the change: the median of three days.",
            kind: .gauge
        ) { for step in steps { $0.sample(step.labels, step.step.before) } }
    }
}
