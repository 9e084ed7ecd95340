// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Glibc

/// Reads how much processor time and memory another process takes.
package struct ProcessGauge {
    private let processID: pid_t
    private let clock: clockid_t

    /// Finds the clock of the process `processID`.
    package init(processID: pid_t) throws(BenchmarkError) {
        var clock = clockid_t()
        let status = clock_getcpuclockid(processID, &clock)
        guard status == 0 else {
            throw BenchmarkError("the process \(processID) has no clock: \(String(cString: strerror(status)))")
        }
        self.processID = processID
        self.clock = clock
    }

    /// Seconds of processor time, user and system, of all threads that live or have lived; exact to nanoseconds.
    ///
    /// `/proc/PID/stat` counts in ticks of 10 ms, and `/proc/PID/schedstat` knows the first thread only.
    package func seconds() throws(BenchmarkError) -> Double {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { throw BenchmarkError(system: "the process \(processID) ended") }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Seconds of processor time in the kernel; exact to 10 ms.
    package func systemSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
        // The second field is the program's name, which may hold spaces; stime is the 15th.
        let fields = text.drop { $0 != ")" }.split(separator: " ")
        guard fields.count > 13, let ticks = Double(fields[13]) else {
            throw BenchmarkError("/proc/\(processID)/stat has no system time")
        }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The memory of the process now.
    package func memory() throws -> ProcessMemory {
        let text = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
        var megabytes: [Substring: Double] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == ":" }
            guard words.count == 3, words[2] == "kB", let kibibytes = Double(words[1]) else { continue }
            megabytes[words[0]] = kibibytes * 1024 / 1e6
        }
        guard let resident = megabytes["VmRSS"], let peak = megabytes["VmHWM"], let own = megabytes["RssAnon"] else {
            throw BenchmarkError("/proc/\(processID)/status has no VmRSS, VmHWM or RssAnon")
        }
        return ProcessMemory(resident: resident, peak: peak, own: own)
    }

    /// Megabytes that the kernel holds in BPF maps which the process has open.
    package func mapMemory() throws -> Double {
        let folder = "/proc/\(processID)/fdinfo"
        var bytes = 0.0
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            // A descriptor may be closed between the listing and the reading; a map never is.
            guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else { continue }
            let lines = text.split(separator: "\n")
            guard lines.contains(where: { $0.hasPrefix("map_type:") }) else { continue }
            let locked = lines.first { $0.hasPrefix("memlock:") }?.split(separator: "\t").last
            bytes += locked.flatMap { Double($0) } ?? 0
        }
        return bytes / 1e6
    }
}
