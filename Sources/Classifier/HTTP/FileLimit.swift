// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How many files and connections this process may have open.
enum FileLimit {
    /// Files beside connections: the ledger, its readers, logs, and connections that are about to be closed.
    private static let others = 256

    /// Raises the process's limit as far as `connections` need and the system allows.
    ///
    /// - Returns: How many connections there is room for: `connections`, or fewer.
    static func raise(forConnections connections: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return connections }
        let wanted = rlim_t(connections + others)
        if limit.rlim_cur < wanted {
            var raised = limit
            raised.rlim_cur = min(wanted, limit.rlim_max)
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        // RLIM_INFINITY does not fit an Int.
        let files = Int(min(limit.rlim_cur, rlim_t(Int32.max)))
        return max(1, min(connections, files - others))
    }
}
