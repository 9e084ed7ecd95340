// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation
import Hummingbird
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
    /// It ends in this order: drain a last time and detach, deliver what waits within the time allowed, stop
    /// answering scrapes.
    ///
    /// - Throws: An error that says what to do, if the agent cannot start on this host or with these settings.
    func run() async throws {
        let identity = AgentIdentity(settings)
        try Self.check(identity)
        let root = try cgroupRoot()
        try Privileges(status: try Self.text(of: "/proc/self/status")).check()

        let clock = HostClock()
        let counters = AgentCounters()
        let backlog = Backlog(capacity: settings.backlog)
        let client = ClassifierClient(url: settings.classifier)
        let tree = CgroupTree(root: root)
        let loop: SamplingLoop
        do {
            let meter = try Meter(MeterConfiguration(cgroupRoot: root, flowCapacity: settings.flowCapacity))
            loop = SamplingLoop(
                settings: settings,
                identity: identity,
                clock: clock,
                backlog: backlog,
                counters: counters,
                logger: logger,
                walk: { tree.paths() },
                source: meter
            )
        } catch {
            try await client.shutdown()
            throw error
        }
        logger.info(
            "Attached to the kernel",
            metadata: [
                "cgroup_root": "\(root)", "cluster": "\(settings.cluster)", "node": "\(settings.node)",
                "classifier": "\(settings.classifier)", "interval": "\(settings.interval)",
                "listen": "\(settings.listen)",
            ]
        )
        let uploader = Uploader(
            backlog: backlog,
            transport: client,
            clock: clock,
            counters: counters,
            logger: logger
        )
        let metrics = AgentMetrics(counters: counters, backlog: backlog) { clock.lead }
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
                        service: UploadService(uploader: uploader, shutdownTimeout: settings.shutdownTimeout),
                        serviceName: "upload"
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
            _ = isDelivered(backlog)
            try await client.shutdown()
            throw error
        }
        let delivered = isDelivered(backlog)
        try await client.shutdown()
        guard delivered else {
            throw AgentError("Bytes are lost: the classifier did not take them within --shutdown-timeout.")
        }
    }

    /// Says what is lost with this process, if anything is.
    private func isDelivered(_ backlog: Backlog) -> Bool {
        let remaining = backlog.remaining
        guard !remaining.isZero else {
            logger.info("Everything that was counted is delivered")
            return true
        }
        logger.error(
            "Not everything that was counted could be delivered; these bytes are lost",
            metadata: [
                "batches": "\(backlog.use.batches)", "egress_bytes": "\(remaining.egressBytes)",
                "ingress_bytes": "\(remaining.ingressBytes)",
            ]
        )
        return false
    }

    private func cgroupRoot() throws -> String {
        if let root = settings.cgroupRoot {
            guard CgroupTree(root: root).isCgroup2 else {
                throw AgentError("--cgroup-root: \(root) is not a directory of a cgroup v2 file system.")
            }
            return root
        }
        return try CgroupRoot.find(mountInfo: try Self.text(of: "/proc/self/mountinfo"))
    }

    /// Finds out now, and not with the first batch, that a name is not fit for the wire.
    private static func check(_ identity: AgentIdentity) throws {
        var batch = FlowBatch(
            source: identity.source,
            sequence: 1,
            interval: Interval(start: WireLimits.earliest, end: WireLimits.latest)
        )
        batch.region = identity.region
        batch.zone = identity.zone
        _ = try batch.encoded()
    }

    private static func text(of path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw AgentError("\(path) cannot be read: \(error). The agent needs /proc mounted.")
        }
    }
}
