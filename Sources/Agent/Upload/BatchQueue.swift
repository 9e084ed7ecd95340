// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Batches that wait for the classifier, oldest first: in memory, see ``Backlog``, or on disk, see ``Spool``.
///
/// A batch leaves when it was acknowledged, or when it can never be booked; then it is kept as a loss by reason, for
/// the next batch to report. So at any time: kept = released + waiting + lost by reason.
///
/// One thread keeps and publishes, another asks for the first and releases or refuses it.
protocol BatchQueue: Sendable {
    /// Bytes from which on ``hasRoom`` is false.
    var capacity: Int { get }
    /// True while less than the capacity is used; the batches of one drain may then go over it.
    var hasRoom: Bool { get }
    /// What waits.
    var use: QueueUse { get }
    /// Sum over what waits, and over what was refused and not reported.
    var remaining: FlowCounters { get }
    /// True if what waits outlives the process.
    var isDurable: Bool { get }
    /// True once no more batches come.
    var isClosed: Bool { get }
    /// Elements mean that batches were published; it ends when the queue is closed.
    var signals: AsyncStream<Void> { get }

    /// Keeps the batches of the drain with this number, all or none; they cannot be seen before ``publish()``.
    ///
    /// - Throws: An error that says why they cannot be kept; to be called again with the same batches.
    func keep(_ batches: [PackedBatch], of drain: UInt64) throws
    /// Lets what was kept be delivered.
    func publish()
    /// The oldest batch that was published.
    func first() -> PackedBatch?
    /// Forgets the oldest batch: it is booked.
    func release()
    /// Forgets the oldest batch: it can never be booked, for `reason`, and its bytes become a loss.
    func refuse(reason: String)
    /// Hands over the losses since the last call, by reason, for the batches that are kept next.
    func takeRefused() -> [Loss]
    /// Says that no more batches come.
    func close()
}

/// Size and number of the batches that wait.
struct QueueUse: Hashable, Sendable {
    /// Bytes of memory or disk.
    var bytes = 0
    /// Batches.
    var batches = 0
}
