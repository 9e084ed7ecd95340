// SPDX-License-Identifier: Apache-2.0
import Capture

/// What the self-test found.
struct SelfTestResult: Check, Sendable {
    var rows: [SelfTestRow] = []
    /// What could not be measured, and why.
    var obstacles: [Obstacle] = []
    /// How much of the kernel's own structures the meter read; `nil` if it did not start.
    var detail: KernelDetail?

    /// A part of the test that could not be done.
    struct Obstacle: Hashable, Sendable {
        /// Such as `loopback, UDP v6`.
        var part: String
        var reason: String
        /// True if it is the meter that did not work, false if the traffic could not be made.
        var isFailure = false
    }

    var findings: [Finding] {
        var findings = detail.map { [Self.finding($0)] } ?? []
        for path in SelfTestRow.Path.allCases {
            let rows = rows.filter { $0.path == path }
            guard !rows.isEmpty else { continue }
            let subject = "self-test, \(path.rawValue)"
            let wrong = rows.filter { !$0.isExact }
            if wrong.isEmpty {
                let bytes = rows.reduce(0) { $0 + $1.expected.bytes }
                findings.append(.ok(subject, "\(bytes) bytes expected and measured, in \(rows.count) rows"))
            } else {
                let list = wrong.map { "\($0.protocolName) \($0.isSent ? "sent" : "received") \($0.difference)" }
                findings.append(
                    .fail(
                        subject,
                        "not exact; difference in bytes: \(list.joined(separator: ", "))",
                        next:
                            "See whether a program or packet filter on this node drops or changes packets, and "
                            + "report it with this output."
                    )
                )
            }
        }
        for obstacle in obstacles {
            let subject = "self-test, \(obstacle.part)"
            findings.append(
                obstacle.isFailure
                    ? .fail(
                        subject,
                        obstacle.reason,
                        next: "The agent will meet the same; the lines above may say why."
                    )
                    : .notChecked(subject, obstacle.reason)
            )
        }
        return findings
    }

    private static func finding(_ detail: KernelDetail) -> Finding {
        let next = "It takes CAP_PERFMON and a kernel with BTF (/sys/kernel/btf/vmlinux), 6.2 or newer."
        return switch detail {
        case .packets: .ok("kernel detail", "the meter reads sockets and packets through the kernel's BTF")
        case .sockets: .warn("kernel detail", "the headers of IP fragments are not counted", next: next)
        case .none:
            .warn(
                "kernel detail",
                "the headers of IP fragments are not counted, and who opened a TCP connection that is older than the "
                    + "agent is guessed",
                next: next
            )
        }
    }
}
