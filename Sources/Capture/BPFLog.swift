// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Synchronization

/// The last lines that libbpf wrote, so that an error can carry the kernel's own reason.
enum BPFLog {
    private static let lines = Mutex<[String]>([])
    private static let limit = 200

    /// From now on keeps what libbpf and, through it, the verifier say.
    static func capture() {
        lines.withLock { $0 = [] }
        netledger_set_log_sink { level, line in
            guard level <= LIBBPF_INFO.rawValue, let line else { return }
            BPFLog.append(String(cString: line))
        }
    }

    /// What was kept since ``capture()``, newest last.
    static var text: String {
        lines.withLock { $0.joined() }
    }

    private static func append(_ line: String) {
        lines.withLock {
            if $0.count == limit { $0.removeFirst() }
            $0.append(line)
        }
    }
}
