// SPDX-License-Identifier: Apache-2.0

/// What the values of a metric mean to Prometheus.
public enum MetricKind: String, Hashable, Sendable, CaseIterable {
    /// Only goes up; its name ends in `_total`.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts observations in buckets: see ``Histogram``.
    case histogram
}
