// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Batches that wait for the classifier, oldest first: in memory, see ``Backlog``, or on disk, see ``Spool``.
///
/// A batch leaves when it was acknowledged. One that can never be booked as it is goes as the loss of its bytes, under
/// its own sequence; and the ledger sees from what each batch says of all before it how much is missing. So at any time:
/// kept = booked + waiting + lost by reason.
///
/// One thread keeps and publishes, another asks for the next and releases or refuses it.
protocol BatchQueue: Sendable {
    /// Bytes from which on ``hasRoom`` is false.
    var capacity: Int { get }
    /// True while less than the capacity is used; the batches of one drain may then go over it.
    var hasRoom: Bool { get }
    /// What waits.
    var use: QueueUse { get }
    /// Sum over what waits, and over what was given up and not reported.
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
    /// The oldest batches that were published, as many as `limit` allows.
    func next(_ limit: Shipment.Limit) -> Shipment?
    /// Moves on after the batches of `source` up to `sequence`, which are booked.
    func release(through sequence: UInt64, of source: UInt128)
    /// Puts the loss of its bytes, for `reason`, in the place of the oldest batch; forgets it if that was refused too.
    func refuse(reason: String)
    /// Goes back to the first batch of `source` from `sequence` on that is still here, if any is.
    func rewind(to sequence: UInt64, of source: UInt128)
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
