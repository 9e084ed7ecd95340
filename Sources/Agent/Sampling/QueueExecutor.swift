// SPDX-License-Identifier: Apache-2.0
import Dispatch

/// Runs an actor's jobs one after the other on a dispatch queue of its own.
///
/// System calls that block run there, and never on the threads that Swift's tasks share.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// An executor whose thread carries `label`.
    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
