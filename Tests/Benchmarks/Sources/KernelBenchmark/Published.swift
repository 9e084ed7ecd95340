// SPDX-License-Identifier: Apache-2.0

/// The older design's published figures, on Linux 6.18: nanoseconds of a run as the kernel's statistics have them.
///
/// The older design looks a connection up in a hash for each packet, and knows IPv4 only.
struct Published {
    /// Of an empty program.
    var empty: Double
    /// Of the older design's program; the middle where a range was published.
    var older: Double

    /// What was published for this traffic and direction; `nil` if nothing was.
    static func figure(_ traffic: TrafficKind, _ hook: Hook) -> Published? {
        switch (traffic, hook) {
        case (.tcpBulk, .egress): Published(empty: 74, older: 212)
        case (.tcpBulk, .ingress): Published(empty: 70, older: 134)
        case (.tcpConnect, .egress): Published(empty: 62, older: 258)
        case (.tcpConnect, .ingress): Published(empty: 62, older: 190)
        case (.tcpConnect, .sockops): Published(empty: 0, older: 107)
        // Published for unconnected sockets; the older design does the same for connected ones.
        case (.udpConnected, .egress), (.udpUnconnected, .egress): Published(empty: 57, older: 149.5)
        case (.udpConnected, .ingress), (.udpUnconnected, .ingress): Published(empty: 57, older: 135)
        default: nil
        }
    }
}
