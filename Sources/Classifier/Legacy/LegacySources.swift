// SPDX-License-Identifier: Apache-2.0

/// Numbers the payloads of agents that do not number them.
///
/// The ledger books in sequence, and takes a lower number than the last as a duplicate. So the payloads of a node are
/// booked one after the other, each with the next number under a boot id that this process made up. A payload
/// that an agent sends twice gets two numbers and is booked twice: only an agent's own numbers can prevent that.
actor LegacySources {
    private struct Lane {
        var last: UInt64 = 0
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// The boot id of every node, for as long as the process lives.
    nonisolated let bootID = UInt128.random(in: 1 ... .max)

    private var lanes: [String: Lane] = [:]

    /// The next number of `node`, once the payload before has been booked; ``leave(_:booked:)`` must follow.
    func enter(_ node: String) async -> UInt64 {
        if lanes[node, default: Lane()].isBusy {
            // Whoever leaves hands the lane over, still busy.
            await withCheckedContinuation { lanes[node, default: Lane()].waiting.append($0) }
        } else {
            lanes[node, default: Lane()].isBusy = true
        }
        return lanes[node, default: Lane()].last + 1
    }

    /// Ends what ``enter(_:)`` began.
    ///
    /// - Parameter booked: True if the number was used; if false, the next payload gets it.
    func leave(_ node: String, booked: Bool) {
        var lane = lanes[node, default: Lane()]
        if booked { lane.last += 1 }
        if lane.waiting.isEmpty {
            lane.isBusy = false
            lanes[node] = lane
        } else {
            let next = lane.waiting.removeFirst()
            lanes[node] = lane
            next.resume()
        }
    }
}
