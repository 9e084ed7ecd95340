// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Traffic

#if !LINKED_SOURCES
@testable import Agent
#endif

/// Whatever a disk gives back, the spool is refused or delivered to its end, and is empty then.
enum SpoolProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        let script = SpoolScript(bytes)
        do {
            try deliver(script)
        } catch let failure as FuzzFailure {
            throw failure
        } catch {
            try FuzzFailure.unless(error is SpoolError, "an error that is none of the spool's: \(error)")
        }
    }

    private static func deliver(_ script: SpoolScript) throws {
        _ = try SpoolInspection(script.disk, horizon: SpoolScript.time)
        let recovery = try SpoolRecovery(script.disk, counters: script.counters)
        let spool = spool(recovery, script)
        let limit = script.disk.files.values.reduce(16) { $0 + $1.count }
        var rounds = 0
        while let shipment = spool.next(Shipment.Limit(batches: 1)) {
            rounds += 1
            try FuzzFailure.unless(rounds <= limit, "the delivery does not end")
            try FuzzFailure.unless(shipment.batches.count == 1, "\(shipment.batches.count) batches for 1")
            spool.release(through: shipment.last, of: shipment.batches[0].source)
        }
        try FuzzFailure.unless(spool.use.batches == 0, "\(spool.use.batches) batches wait that nobody can have")
        let skipped = spool.state.withLock { $0.waiting }
        try FuzzFailure.unless(skipped.isZero, "\(skipped) wait in no batch")
        let again = try SpoolRecovery(script.disk, counters: script.counters)
        try FuzzFailure.unless(again.batches == 0, "\(again.batches) batches wait again")
    }

    private static func spool(_ recovery: SpoolRecovery, _ script: SpoolScript) -> Spool {
        Spool(
            recovery,
            in: script.disk,
            limits: Spool.Limits(bytes: 1 << 20, age: .seconds(3600)),
            counters: 1,
            sender: BatchSource(cluster: "c", node: "n", bootID: 1),
            tally: AgentCounters(),
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        ) { SpoolScript.time }
    }
}
