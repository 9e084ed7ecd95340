// SPDX-License-Identifier: Apache-2.0
import Logging
import Traffic

/// Drains at every tick until its task is cancelled, then stops counting and drains a last time.
///
/// While the backlog is full it does not drain: the kernel's counters only grow, so nothing is lost, and the next
/// interval is longer. The kernel's maps are what fills then, and they count what they turn away.
actor SamplingLoop {
    nonisolated let unownedExecutor: UnownedSerialExecutor

    private let executor: QueueExecutor
    private let clock: any SamplingClock
    private let schedule: TickSchedule
    private let backlog: Backlog
    private let counters: AgentCounters
    private let logger: Logger
    private var sampler: Sampler
    private var isPaused = false

    /// A loop over what `source` gives.
    ///
    /// `source` is called on the loop's own thread, and what it returns is only used there.
    init(
        settings: AgentSettings,
        identity: AgentIdentity,
        clock: any SamplingClock,
        backlog: Backlog,
        counters: AgentCounters,
        logger: Logger,
        walk: @escaping @Sendable () -> [UInt64: String],
        source: sending any FlowSource
    ) {
        executor = QueueExecutor(label: "sampling")
        unownedExecutor = executor.asUnownedSerialExecutor()
        self.clock = clock
        self.backlog = backlog
        self.counters = counters
        self.logger = logger
        schedule = TickSchedule(interval: settings.interval)
        sampler = Sampler(
            source: source,
            namer: OwnerNamer(walk: walk),
            identity: identity,
            schedule: schedule,
            start: clock.now()
        )
    }

    /// Runs until the task is cancelled; the backlog is closed on return.
    func run() async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(until: schedule.tick(after: clock.now()))
            } catch {
                break  // only cancellation ends a sleep early
            }
            tick()
        }
        sampler.detach()
        drain()
        backlog.close()
        logger.info("Detached from the kernel")
    }

    private func tick() {
        guard backlog.hasRoom else {
            counters.update { $0.pauses += 1 }
            if !isPaused {
                logger.warning(
                    "The backlog is full; draining pauses until the classifier takes batches again",
                    metadata: ["backlog_bytes": "\(backlog.use.bytes)", "backlog_batches": "\(backlog.use.batches)"]
                )
            }
            isPaused = true
            return
        }
        if isPaused { logger.notice("The backlog has room again; draining goes on") }
        isPaused = false
        drain()
    }

    private func drain() {
        let began = clock.now()
        let sample: Sample
        do {
            sample = try sampler.sample(at: began) { backlog.takeRefused() }
        } catch {
            counters.update { $0.failedDrain() }
            logger.error("The kernel's counters could not be drained", metadata: ["error": "\(error)"])
            return
        }
        for batch in sample.batches { backlog.append(batch) }
        do {
            try sampler.commit()
        } catch {
            logger.error("The kernel's slots could not be given back", metadata: ["error": "\(error)"])
        }
        let nanoseconds = clock.now() - began
        counters.update { $0.drained(sample, nanoseconds: nanoseconds, walks: sampler.walks) }
        for reason in sample.reasons {
            logger.error("A batch breaks the wire's limits and was dropped", metadata: ["error": "\(reason)"])
        }
        for loss in sample.losses {
            logger.warning(
                "The kernel program could not book bytes to a flow",
                metadata: ["reason": "\(loss.reason)", "bytes": "\(loss.counters.bytes)"]
            )
        }
        logger.debug(
            "Drained",
            metadata: ["flows": "\(sample.flows)", "bytes": "\(sample.seen.bytes)", "nanoseconds": "\(nanoseconds)"]
        )
    }
}

extension FlowCounters {
    /// Bytes of both directions.
    var bytes: UInt64 {
        egressBytes + ingressBytes
    }
}
