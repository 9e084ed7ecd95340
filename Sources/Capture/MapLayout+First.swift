// SPDX-License-Identifier: Apache-2.0

extension MapLayout {
    /// The layout of the releases that pinned no description of it, in directories called `v1-`.
    ///
    /// The oldest of them have no map `sources`.
    static let first = MapLayout(
        text: """
            field slots.key.cgroup_id 0 8
            field slots.key.remote 8 16
            field slots.key.service_port 24 2
            field slots.key.protocol 26 1
            field slots.key.traits 27 1
            field slots.counters.bytes[0] 32 8
            field slots.counters.bytes[1] 40 8
            field slots.counters.packets[0] 48 8
            field slots.counters.packets[1] 56 8
            field readings.counters[0].bytes[0] 0 8
            field readings.counters[0].bytes[1] 8 8
            field readings.counters[0].packets[0] 16 8
            field readings.counters[0].packets[1] 24 8
            field readings.counters[1].bytes[0] 32 8
            field readings.counters[1].bytes[1] 40 8
            field readings.counters[1].packets[0] 48 8
            field readings.counters[1].packets[1] 56 8
            field sources.local 0 16
            field sources.local_port 16 2
            field losses.bytes 0 8
            field losses.packets 8 8
            loss 0 no_socket
            loss 1 malformed
            loss 2 map_full
            loss 3 raw_socket_copy
            field journal.boot_id 0 16
            field journal.committed 16 8
            field journal.taken 24 8
            field journal.heir_of 288 16
            field journal.inherited_by 304 8

            """
                + (0..<16)
                .map { number in
                    let name = "field journal.losses[\(number / 8)][\(number % 8)]"
                    return "\(name).bytes \(32 + number * 16) 8\n\(name).packets \(40 + number * 16) 8\n"
                }
                .joined()
    )
}
