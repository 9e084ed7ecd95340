// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc
import Instruments

/// How often the kernel ran a program, and how long that took.
struct RunCost: Equatable {
    /// Runs.
    var runs: UInt64 = 0
    /// Nanoseconds of all of them together.
    var nanoseconds: UInt64 = 0

    /// Nanoseconds of a run; not a number if there was none.
    var each: Double { Double(nanoseconds) / Double(runs) }

    /// The sum over the programs with these ids since they were loaded, as far as the statistics were on.
    static func total(of programs: [UInt32]) throws(BenchmarkError) -> RunCost {
        var sum = RunCost()
        for id in programs {
            let program = bpf_prog_get_fd_by_id(id)
            guard program >= 0 else { throw BenchmarkError(system: "program \(id) is gone") }
            defer { close(program) }
            var info = bpf_prog_info()
            var size = UInt32(MemoryLayout<bpf_prog_info>.size)
            guard bpf_obj_get_info_by_fd(program, &info, &size) == 0 else {
                throw BenchmarkError(system: "program \(id) has no statistics")
            }
            sum.runs += info.run_cnt
            sum.nanoseconds += info.run_time_ns
        }
        return sum
    }

    static func + (left: RunCost, right: RunCost) -> RunCost {
        RunCost(runs: left.runs + right.runs, nanoseconds: left.nanoseconds + right.nanoseconds)
    }

    /// What was added since `right`.
    static func - (left: RunCost, right: RunCost) -> RunCost {
        RunCost(runs: left.runs - right.runs, nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}

/// The kernel's statistics of BPF programs, which are on as long as this value lives.
struct RunStatistics: ~Copyable {
    private let descriptor: Int32

    init() throws(BenchmarkError) {
        descriptor = bpf_enable_stats(BPF_STATS_RUN_TIME)
        guard descriptor >= 0 else { throw BenchmarkError(system: "the kernel's BPF statistics cannot be switched on") }
    }

    deinit {
        close(descriptor)
    }
}
