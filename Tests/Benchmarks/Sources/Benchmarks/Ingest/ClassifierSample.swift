// SPDX-License-Identifier: Apache-2.0
import Instruments

/// The clocks of a classifier at one moment.
struct ClassifierSample {
    private let cpu: Double
    private let system: Double
    private let time = ContinuousClock.now

    /// The clocks of `classifier` now.
    init(_ classifier: ClassifierProcess) throws {
        let gauge = try classifier.gauge()
        cpu = try gauge.seconds()
        system = try gauge.systemSeconds()
    }

    /// What has passed since `start`, in which `records` were booked.
    func since(_ start: ClassifierSample, records: Int) -> Cost {
        let millions = Double(records) / 1e6
        let seconds = (time - start.time) / .seconds(1)
        return Cost(
            cpuPerMillion: (cpu - start.cpu) / millions,
            systemPerMillion: (system - start.system) / millions,
            recordsPerSecond: Double(records) / seconds,
            cores: (cpu - start.cpu) / seconds
        )
    }

    /// What passed between two samples.
    struct Cost {
        /// Seconds of processor time for a million records.
        var cpuPerMillion: Double
        /// The part of it in the kernel.
        var systemPerMillion: Double
        /// Records for a second of time.
        var recordsPerSecond: Double
        /// Seconds of processor time for a second of time.
        var cores: Double
    }
}

extension [Double] {
    /// The value that `percent` of the elements do not exceed.
    func percentile(_ percent: Double) -> Double {
        let sorted = sorted()
        let rank = (percent / 100 * Double(count)).rounded(.up)
        return sorted.isEmpty ? .nan : sorted[Swift.min(count, Swift.max(1, Int(rank))) - 1]
    }
}
