// SPDX-License-Identifier: Apache-2.0

/// What one run moved, in bytes of payload.
struct Report {
    /// TCP connections, or datagrams answered.
    var exchanges = 0
    /// Payload bytes given to the kernel.
    var sentBytes = 0
    /// Payload bytes received from the kernel.
    var receivedBytes = 0

    /// One line of JSON.
    var json: String {
        #"{"exchanges":\#(exchanges),"sent_bytes":\#(sentBytes),"received_bytes":\#(receivedBytes)}"#
    }
}
