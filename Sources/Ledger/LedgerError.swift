// SPDX-License-Identifier: Apache-2.0

/// Why the ledger could not do what it was asked; ``description`` is a sentence for the operator.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; more kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name: lower-case words joined by `_`.
        public let description: String

        /// The file is not a NetLedger ledger; it was not touched.
        public static let notALedger = Code(description: "not_a_ledger")
        /// The ledger was written by a newer release; it was not touched.
        public static let newerSchema = Code(description: "newer_schema")
        /// The file's content contradicts itself.
        public static let damaged = Code(description: "damaged")
        /// The file cannot be opened or created.
        public static let cannotOpen = Code(description: "cannot_open")
        /// Another process has the ledger open, or holds its write lock.
        public static let locked = Code(description: "locked")
        /// Nothing was booked because the disk is full.
        public static let diskFull = Code(description: "disk_full")
        /// Nothing was booked because the file or its file system is read-only.
        public static let readOnly = Code(description: "read_only")
        /// Any other failure of SQLite or of the disk below it; nothing was booked.
        public static let storage = Code(description: "storage")
        /// Too many rows wait for a commit; nothing was booked.
        public static let busy = Code(description: "busy")
        /// The node has as many rows waiting for a commit as one may have; nothing was booked.
        public static let greedy = Code(description: "greedy")
        /// The ledger was closed; nothing was booked.
        public static let closed = Code(description: "closed")
        /// A number of the booking, or a sum with it, is outside what the ledger can hold; nothing was booked.
        public static let outOfRange = Code(description: "out_of_range")
        /// The answer would be larger than the query allows.
        public static let tooLarge = Code(description: "too_large")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened and what to do about it.
    public let description: String

    /// Whether the same booking may succeed later without a change to it, so that its sender should keep it.
    ///
    /// False only for ``Code/outOfRange``.
    public var isTransient: Bool {
        code != .outOfRange
    }

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
