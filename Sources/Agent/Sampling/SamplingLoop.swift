// SPDX-License-Identifier: Apache-2.0
import Logging
import Traffic

/// Drains at every tick until its task is cancelled, and then a last time; hooks that are not pinned go before that.
///
/// A drain is final once its batches are kept. While they cannot be, or the queue is full, it does not drain: the
/// kernel's counters only grow, so nothing is lost, and the next interval is longer. The kernel's maps are what fills
/// then, and they count what they turn away.
actor SamplingLoop {
    nonisolated let unownedExecutor: UnownedSerialExecutor

    private let executor: QueueExecutor
    private let clock: any SamplingClock
    private let schedule: TickSchedule
    private let queue: any BatchQueue
    private let isPinned: Bool
    private let counters: AgentCounters
    private let logger: Logger
    private var sampler: Sampler
    /// What was drained and could not be kept yet; until it is, another drain would mix it with newer bytes.
    private var unkept: Sample?
    private var isPaused = false
    private var isFailing = false

    /// A loop over what `source` gives.
    ///
    /// `source` is called on the loop's own thread, and what it returns is only used there.
    init(
        settings: AgentSettings,
        identity: AgentIdentity,
        clock: any SamplingClock,
        queue: any BatchQueue,
        last: SourceSequence? = nil,
        counters: AgentCounters,
        logger: Logger,
        walk: @escaping @Sendable () -> [UInt64: String],
        source: sending any FlowSource
    ) {
        executor = QueueExecutor(label: "sampling")
        unownedExecutor = executor.asUnownedSerialExecutor()
        self.clock = clock
        self.queue = queue
        isPinned = settings.pin != nil
        self.counters = counters
        self.logger = logger
        schedule = TickSchedule(interval: settings.interval)
        sampler = Sampler(
            source: source,
            namer: OwnerNamer(walk: walk),
            identity: identity,
            schedule: schedule,
            start: clock.now(),
            last: last
        )
    }

    /// Runs until the task is cancelled; the queue is closed on return.
    func run() async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(until: schedule.tick(after: clock.now()))
            } catch {
                break  // only cancellation ends a sleep early
            }
            tick()
        }
        if !isPinned { sampler.detach() }
        if keep() { drain() }
        queue.close()
        if let unkept {
            logger.error(
                isPinned
                    ? "The last drain could not be stored; the kernel keeps its bytes for the next agent"
                    : "The last drain could not be stored; its bytes are lost",
                metadata: ["bytes": "\(unkept.batches.reduce(0) { $0 + $1.totals.bytes })"]
            )
        }
        logger.info(isPinned ? "The pinned hooks stay and go on counting" : "Detached from the kernel")
    }

    private func tick() {
        guard keep() else {
            counters.update { $0.pauses += 1 }
            return
        }
        guard queue.hasRoom else {
            counters.update { $0.pauses += 1 }
            if !isPaused {
                logger.warning(
                    "No more batches may wait; draining pauses until the classifier takes batches again",
                    metadata: ["bytes": "\(queue.use.bytes)", "batches": "\(queue.use.batches)"]
                )
            }
            isPaused = true
            return
        }
        if isPaused { logger.notice("There is room for batches again; draining goes on") }
        isPaused = false
        drain()
    }

    /// Keeps what was drained and makes the drain final; returns false if that is not possible now.
    @discardableResult private func keep() -> Bool {
        guard let sample = unkept else { return true }
        do {
            try queue.keep(sample.batches, of: sample.drain)
        } catch {
            counters.update { $0.failedDrain() }
            if !isFailing {
                logger.error(
                    "A drain could not be stored; draining pauses and the kernel keeps its bytes",
                    metadata: ["error": "\(error)"]
                )
            }
            isFailing = true
            return false
        }
        if isFailing { logger.notice("Drains can be stored again") }
        isFailing = false
        unkept = nil
        do {
            try sampler.commit()
        } catch {
            logger.error("The kernel's slots could not be given back", metadata: ["error": "\(error)"])
        }
        queue.publish()
        return true
    }

    private func drain() {
        let began = clock.now()
        let sample: Sample
        do {
            sample = try sampler.sample(at: began)
        } catch {
            counters.update { $0.failedDrain() }
            logger.error("The kernel's counters could not be drained", metadata: ["error": "\(error)"])
            return
        }
        let nanoseconds = clock.now() - began
        counters.update { $0.drained(sample, nanoseconds: nanoseconds, walks: sampler.walks) }
        unkept = sample
        keep()
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
