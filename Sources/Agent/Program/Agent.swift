// SPDX-License-Identifier: Apache-2.0
import Capture
import Conntrack
import Foundation
import Hummingbird
import Identity
import Logging
import ServiceLifecycle
import Traffic
import UnixSignals
import Wire

/// The agent, put together from its settings.
struct Agent {
    let settings: AgentSettings
    let logger: Logger

    /// Attaches to the kernel and runs until SIGTERM or SIGINT.
    ///
    /// It ends in this order: detach, unless the hooks are pinned, and drain a last time; deliver what waits within
    /// the time allowed; stop answering scrapes.
    ///
    /// - Throws: An error that says what to do, if the agent cannot start on this host or with these settings.
    func run() async throws {
        try AgentIdentity(settings, bootID: 1).check()
        let identity = try ClientIdentity(settings.identity, for: settings.classifier)
        let root = try CgroupTree.root(settings)
        try Privileges(status: try CgroupTree.text(of: "/proc/self/status")).check()
        let locks = try [("--pin", settings.pin), ("--spool", settings.spool)]
            .compactMap { flag, path in
                try path.map { try DirectoryLock($0, of: flag) }
            }
        defer { for lock in locks { lock.release() } }

        let clock = HostClock()
        let counters = AgentCounters()
        let meter = try Meter(
            MeterConfiguration(
                cgroupRoot: root,
                flowCapacity: settings.flowCapacity,
                ownerQuota: settings.ownerQuota,
                pinDirectory: settings.pin,
                services: settings.services
            )
        )
        let (queue, sequence) = try queue(for: meter, clock: clock, counters: counters)
        let (detail, refusals) = (meter.detail, meter.refusals)
        let client = ClassifierClient(url: settings.classifier, identity: identity)
        let tree = CgroupTree(root: root)
        let watch = CgroupWatch(root: root)
        defer { watch.end() }
        if let refusal = watch.refusal {
            logger.warning(
                "Cgroups that live shorter than the interval may stay unnamed",
                metadata: ["reason": "\(refusal)"]
            )
        }
        let backends = settings.services.isEmpty ? nil : try ServiceBackends(services: settings.services)
        let loop = SamplingLoop(
            settings: settings,
            identity: AgentIdentity(settings, bootID: sequence.bootID),
            clock: clock,
            queue: queue,
            last: sequence,
            counters: counters,
            logger: logger,
            walk: { watch.take().merging(tree.paths()) { $1 } },
            source: backends.map {
                ResolvedSource(meter, backends: $0, counters: counters, logger: logger) as any FlowSource
            } ?? meter
        )
        logger.info(
            "Attached to the kernel",
            metadata: [
                "cgroup_root": "\(root)", "cluster": "\(settings.cluster)", "node": "\(settings.node)",
                "classifier": "\(settings.classifier)", "interval": "\(settings.interval)",
                "listen": "\(settings.listen)", "pin": "\(settings.pin ?? "none")",
                "spool": "\(settings.spool ?? "none")", "kernel_detail": "\(detail)",
            ]
        )
        for refusal in refusals {
            logger.warning("The kernel program knows less than it could", metadata: ["reason": "\(refusal)"])
        }
        let uploader = Uploader(
            queue: queue,
            transport: client,
            clock: clock,
            counters: counters,
            logger: logger
        )
        let secondSignal = await SecondSignal()
        let metrics = AgentMetrics(counters: counters, queue: queue) { clock.lead }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: HTTPService(
                            routes: AgentRoutes(metrics: metrics, counters: counters),
                            listen: settings.listen,
                            logger: logger
                        ),
                        serviceName: "http"
                    ),
                    .init(
                        service: UploadService(
                            uploader: uploader,
                            shutdownTimeout: settings.shutdownTimeout,
                            secondSignal: secondSignal
                        ),
                        serviceName: "upload"
                    ),
                    .init(
                        service: StartupPagesService(delay: settings.interval * 2, logger: logger),
                        serviceName: "memory"
                    ),
                    .init(service: SamplingService(loop: loop), serviceName: "sampling"),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        // The services end in the reverse of this order. Whatever ends them, the connections are closed after.
        do {
            try await group.run()
        } catch {
            _ = isSafe(queue)
            try await client.shutdown()
            throw error
        }
        let safe = isSafe(queue)
        try await client.shutdown()
        guard safe else {
            throw AgentError("Bytes are lost: the classifier did not take them within --shutdown-timeout.")
        }
    }

    /// Where batches wait, and how the numbering goes on.
    private func queue(
        for meter: Meter,
        clock: HostClock,
        counters: AgentCounters
    ) throws -> (queue: any BatchQueue, sequence: SourceSequence) {
        guard let path = settings.spool else {
            return (Backlog(capacity: settings.backlog), SourceSequence(of: meter.state))
        }
        let files = SpoolDirectory(path: path)
        let recovery = try SpoolRecovery(files, counters: [meter.state] + meter.inherited)
        // Its batches are in the spool, and the agent before this one was killed before it could say so.
        try meter.settle(drain: recovery.stored.drain, of: recovery.stored.counters)
        let sequence = recovery.sequence ?? SourceSequence(of: meter.state)
        let spool = Spool(
            recovery,
            in: files,
            limits: Spool.Limits(bytes: settings.spoolBytes, age: settings.spoolAge),
            counters: meter.state.bootID,
            sender: AgentIdentity(settings, bootID: sequence.bootID).source,
            tally: counters,
            logger: logger
        ) { clock.now() }
        logger.info(
            "Took up the spool",
            metadata: [
                "spool": "\(path)", "batches": "\(recovery.batches)", "bytes": "\(recovery.waiting.bytes)",
                "torn": "\(recovery.torn)",
            ]
        )
        return (spool, sequence)
    }

    /// Says what was not delivered, and whether it outlives this process.
    private func isSafe(_ queue: any BatchQueue) -> Bool {
        let remaining = queue.remaining
        guard !remaining.isZero else {
            logger.info("Everything that was counted is delivered")
            return true
        }
        let metadata: Logger.Metadata = [
            "batches": "\(queue.use.batches)", "egress_bytes": "\(remaining.egressBytes)",
            "ingress_bytes": "\(remaining.ingressBytes)",
        ]
        if queue.isDurable {
            logger.notice("Not everything could be delivered; the rest waits in the spool", metadata: metadata)
        } else {
            logger.error(
                "Not everything that was counted could be delivered; these bytes are lost",
                metadata: metadata
            )
        }
        return queue.isDurable
    }
}
