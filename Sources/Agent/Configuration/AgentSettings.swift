// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import Logging
import Settings
import Traffic

/// Everything that can be set about the agent, with its defaults.
///
/// Each property is the flag, the environment variable and the YAML key of its name (``AgentOptions`` lists them
/// for `--help`).
struct AgentSettings: Sendable {
    /// `classifier`: URL of the classifier, without a slash at its end.
    var classifier = "http://127.0.0.1:8080"
    /// `ca-file`, `client-certificate`, `client-key` and `token-file`: what the agent shows, and whom it believes.
    var identity = ClientIdentity.Files()
    /// `cluster`: name of the cluster in the ledger; 1...253 bytes.
    var cluster = "default"
    /// `node`: name of this node in the ledger, unique in the cluster; 1...253 bytes; the host's name if not set.
    var node = AgentSettings.hostName
    /// `region`: the region this node stands in, or `nil` if it is not known.
    var region: String?
    /// `zone`: the zone this node stands in, or `nil` if it is not known.
    var zone: String?
    /// `interval`: time from one drain of the kernel's counters to the next; 10 ms...60 s.
    var interval = Duration.seconds(5)
    /// `cgroup-root`: path where cgroup v2 is mounted, or `nil` to find it.
    var cgroupRoot: String?
    /// `flow-capacity`: flows that fit the kernel's map between two drains; 1...16,777,216.
    var flowCapacity: UInt32 = 131_072
    /// `owner-quota`: flows of these that one cgroup may have; 1...16,777,216, or `nil` for half of them.
    ///
    /// Beyond it a cgroup's bytes are counted without their remotes, so that one pod's port scan does not take the
    /// room of its neighbours.
    var ownerQuota: UInt32?
    /// `service-cidr`: blocks of service addresses whose connections are booked to the backends that answer them; at
    /// most 1024.
    var services: [CIDR] = []
    /// `pin`: directory on a BPF file system for hooks and counters that outlive the agent, or `nil`: they end with it.
    var pin: String?
    /// `spool`: directory of the batches that wait for the classifier, or `nil`: they wait in memory.
    var spool: String?
    /// `spool-bytes`: size of the spool at which draining pauses; 1 MiB...1 TiB.
    var spoolBytes = 256 << 20
    /// `spool-age`: age at which a batch that could not be delivered is dropped and booked as lost; 1 min...3,650 d.
    var spoolAge = Duration.seconds(7 * 86_400)
    /// `backlog`: memory of batches that wait for the classifier at which draining pauses, without a
    /// spool; 64 KiB...1 GiB.
    var backlog = 8 << 20
    /// `shutdown-timeout`: time to deliver what waits when the agent is told to end; 100 ms...10 min.
    var shutdownTimeout = Duration.seconds(10)
    /// `listen`: address and port of the agent's own metrics and health.
    var listen = ListenAddress(host: "127.0.0.1", port: 9464)
    /// `log-level`: the least severe messages that are logged.
    var logLevel = Logger.Level.info

    /// Where the node stands, as far as it was told.
    var place: Place {
        Place(region: region, zone: zone)
    }

    /// The host's name as the kernel has it, or `localhost` if it has none that can be used.
    static var hostName: String {
        // A host without this file is no reason not to start: the name can always be set.
        let text = try? String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
        let name = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return SettingType.name(maxBytes: 253).parse(name) ?? "localhost"
    }
}

extension AgentSettings {
    /// The settings that `source` overrides, over the defaults.
    ///
    /// - Throws: an error that names the flag, the variable, or file, line and key of a value that cannot be used.
    init(_ source: SettingsSource) throws(SettingsError) {
        self.init()
        classifier = try source.value("classifier", default: classifier, as: .httpURL)
        identity = ClientIdentity.Files(
            authorities: try source.value("ca-file", as: .text),
            certificate: try source.value("client-certificate", as: .text),
            key: try source.value("client-key", as: .text),
            token: try source.value("token-file", as: .text)
        )
        cluster = try source.value("cluster", default: cluster, as: .name(maxBytes: 253))
        node = try source.value("node", default: node, as: .name(maxBytes: 253))
        region = try source.value("region", as: .name(maxBytes: 1_024))
        zone = try source.value("zone", as: .name(maxBytes: 1_024))
        let drain = Duration.milliseconds(10)...Duration.seconds(60)
        interval = try source.value("interval", default: interval, as: .duration(in: drain))
        cgroupRoot = try source.value("cgroup-root", as: .text)
        flowCapacity = try source.value("flow-capacity", default: flowCapacity, as: .integer(in: 1...16_777_216))
        ownerQuota = try source.value("owner-quota", as: .integer(in: 1...16_777_216))
        let blocks = SettingType("up to 1024 blocks of addresses separated by commas, such as 10.96.0.0/12") { text in
            let blocks = text.split(separator: ",", omittingEmptySubsequences: false)
                .map { CIDR($0.trimmingCharacters(in: .whitespaces)) }
            return blocks.contains(nil) || blocks.count > 1024 ? nil : blocks.compactMap(\.self)
        }
        services = try source.value("service-cidr", default: services, as: blocks)
        pin = try source.value("pin", as: .text)
        spool = try source.value("spool", as: .text)
        spoolBytes = try source.value("spool-bytes", default: spoolBytes, as: .byteCount(in: 1 << 20...1 << 40))
        let age = Duration.seconds(60)...Duration.seconds(3_650 * 86_400)
        spoolAge = try source.value("spool-age", default: spoolAge, as: .duration(in: age))
        backlog = try source.value("backlog", default: backlog, as: .byteCount(in: 65_536...1 << 30))
        let delivery = Duration.milliseconds(100)...Duration.seconds(600)
        shutdownTimeout = try source.value("shutdown-timeout", default: shutdownTimeout, as: .duration(in: delivery))
        listen = try source.value("listen", default: listen, as: .listenAddress)
        logLevel = try source.value("log-level", default: logLevel, as: .choice)
    }
}
