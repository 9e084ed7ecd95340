// SPDX-License-Identifier: Apache-2.0
import Traffic

extension InventoryReport {
    /// The report for people, a paragraph for each finding.
    ///
    /// - Parameter units: How bytes are written.
    func lines(units: ByteUnits) -> [String] {
        func both(_ counters: FlowCounters) -> String {
            "\(units.text(counters.egressBytes)) egress, \(units.text(counters.ingressBytes)) ingress"
        }
        let objects = collections.map { "\($0.objects) \($0.name.printable)" }.joined(separator: ", ")
        var lines = [
            "Cluster \(cluster.printable): \(isSynced ? "all objects are known" : "not all objects are known yet"), "
                + "\(units.text(residentBytes)) of memory",
            "Known: \(objects)",
        ]
        for collection in collections {
            guard let error = collection.error else { continue }
            lines.append("\(collection.name.printable) (\(collection.phase.printable)): \(error.printable)")
        }
        if !unattributed.isZero { lines.append("Waiting for their pod: \(both(unattributed))") }
        if !reattributed.isZero { lines.append("Found their pod later: \(both(reattributed))") }
        if findings.isEmpty { return lines + ["Nothing is missing."] }
        for finding in findings {
            let count = finding.count > 0 ? " (\(finding.count))" : ""
            lines.append("Missing: \(finding.problem.printable)\(count), \(units.text(finding.bytes)) affected")
            lines.append("  " + finding.detail.printable)
            if !finding.examples.isEmpty { lines.append("  " + finding.examples.joined(separator: ", ").printable) }
        }
        return lines
    }
}
