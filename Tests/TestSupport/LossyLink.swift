// SPDX-License-Identifier: Apache-2.0

extension NetworkLab.Host {
    /// From now on loses about one in 32 of the large IPv4 packets that arrive from TCP port `port`.
    ///
    /// They are lost after the interface has counted them (``NftCounters/Reading/arrivedV4``) and before the host's
    /// stack sees them. The choice is made by the packet's IPv4 identification, which a repetition does not
    /// share. Call it on the receiving host; the sending one must ``repeatWhatWasLost()``.
    ///
    /// - Throws: ``LaunchError`` with what `nft` said.
    public func loseLargePackets(fromPort port: UInt16) throws {
        let ruleset = """
            table netdev netledger_loss {
            chain lose { type filter hook ingress device "\(Self.interface)" priority 10; policy accept;
            tcp sport \(port) ip length > 1000 ip id & 31 == 5 drop
            }
            }
            """
        try Shell.run(command(["nft", ruleset]))
    }

    /// From now on repeats what the other side says it misses, at once, as a stack does outside the lab.
    ///
    /// Probes stay off: they repeat what may have arrived.
    ///
    /// - Throws: ``LaunchError`` with what `sysctl` said.
    public func repeatWhatWasLost() throws {
        try Shell.run(command(["sysctl", "-q", "net.ipv4.tcp_recovery=1", "net.ipv4.tcp_reordering=3"]))
    }
}
