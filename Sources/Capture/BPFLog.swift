// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc
import Synchronization

/// The last lines that libbpf wrote, so that an error can carry the kernel's own reason.
enum BPFLog {
    private static let lines = Mutex<[String]>([])
    private static let limit = 200

    /// From now on keeps what libbpf and, through it, the verifier say.
    static func capture() {
        lines.withLock { $0 = [] }
        libbpf_set_print { level, format, arguments in
            guard level != LIBBPF_DEBUG, let format, let arguments else { return 0 }
            var line = [UInt8](repeating: 0, count: 4096)
            line.withUnsafeMutableBytes { line in
                _ = line.withMemoryRebound(to: CChar.self) { vsnprintf($0.baseAddress, $0.count, format, arguments) }
            }
            BPFLog.append(String(decoding: line.prefix { $0 != 0 }, as: UTF8.self))
            return 0
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
