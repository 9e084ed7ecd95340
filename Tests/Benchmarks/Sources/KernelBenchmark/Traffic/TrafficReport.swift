// SPDX-License-Identifier: Apache-2.0

/// What one end saw.
struct TrafficReport: Codable, Sendable {
    /// Connections, exchanges or datagrams.
    var count = 0
    /// Bytes of payload.
    var bytes = 0
    /// Seconds from the first to the last of them.
    var seconds = 0.0
}
