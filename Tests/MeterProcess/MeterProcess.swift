// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation
import Glibc
import Traffic

/// Meters a cgroup, and stores what it drains in a file, as an agent does with its spool.
///
/// `MeterProcess CGROUP PINS CAPACITY STORE [STEPS]` ends by `SIGKILL`: another process's, or its own after so many
/// steps. It is compiled a second time with another layout of the maps; see `Tests/OtherLayout`.
@main
struct MeterProcess {
    private var steps: Int?
    private let meter: Meter
    private let store: FileHandle

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 5, let capacity = UInt32(arguments[3]) else {
            throw CocoaError(.formatting)
        }
        var process = try MeterProcess(
            configuration: MeterConfiguration(
                cgroupRoot: arguments[1],
                flowCapacity: capacity,
                idleDrains: 1,
                pinDirectory: arguments[2]
            ),
            store: arguments[4],
            steps: arguments.count > 5 ? Int(arguments[5]) : nil
        )
        try FileHandle.standardOutput.write(contentsOf: Data("meters\n".utf8))
        while true {
            try process.drain()
            usleep(5_000)
        }
    }

    private init(configuration: MeterConfiguration, store path: String, steps: Int?) throws {
        self.steps = steps
        meter = try Meter(configuration)
        store = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let text = String(decoding: try store.readToEnd() ?? Data(), as: UTF8.self)
        step()
        // The last one that was stored, by whichever process, may not have been committed.
        guard let last = text.split(separator: "\n").last?.split(separator: " "), last.count > 1,
            let counters = UInt128(last[0]), let drain = UInt64(last[1])
        else { return }
        try meter.settle(drain: drain, of: counters)
        step()
    }

    /// One drain, stored in one line: the counters' identity, the drain's number, then five words for each cgroup and
    /// initiator: `cgroup/initiator`, bytes sent and received, packets sent and received.
    private mutating func drain() throws {
        var sums: [String: FlowCounters] = [:]
        let drain = try meter.drain()
        for flow in drain.flows { sums["\(flow.cgroupID)/\(flow.initiator)", default: .zero] += flow.counters }
        for loss in drain.losses { sums["0/unknown", default: .zero] += loss.counters }
        step()
        let state = meter.state
        guard let number = state.pending else { return }
        let words = sums.flatMap { name, sum in
            [name] + [sum.egressBytes, sum.ingressBytes, sum.egressPackets, sum.ingressPackets].map(String.init)
        }
        try store.write(contentsOf: Data(("\(state.bootID) \(number) " + words.joined(separator: " ") + "\n").utf8))
        step()
        try meter.commit()
        step()
    }

    private mutating func step() {
        guard let left = steps else { return }
        if left == 0 { kill(getpid(), SIGKILL) }
        steps = left - 1
    }
}
