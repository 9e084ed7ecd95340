// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Measures processor time of this thread, so that what else runs on the machine is not in it.
struct ProcessorClock {
    /// Seconds of processor time that `body` takes.
    func seconds(_ body: () -> Void) -> Double {
        let begin = now()
        body()
        return now() - begin
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
