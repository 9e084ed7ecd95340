// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// What a classifier knows of a cluster's objects, what it does not, and what that costs.
public struct InventoryReport: Hashable, Sendable {
    /// How one collection of the cluster's API is followed.
    public struct Collection: Hashable, Sendable {
        /// Its name, such as `pods`.
        public var name: String
        /// What is being done: `idle`, `listing`, `watching` or `waiting`.
        public var phase: String
        /// True if it was listed as a whole.
        public var isSynced: Bool
        /// Objects that are known, those that are gone and remembered included.
        public var objects: Int
        /// When the server last said something of use, in seconds since 1970-01-01T00:00:00Z; `nil` if it never did.
        public var lastProgress: Int64?
        /// Why it is not followed now; `nil` if it is.
        public var error: String?

        /// A collection in the given state.
        public init(
            name: String,
            phase: String,
            isSynced: Bool,
            objects: Int,
            lastProgress: Int64?,
            error: String?
        ) {
            self.name = name
            self.phase = phase
            self.isSynced = isSynced
            self.objects = objects
            self.lastProgress = lastProgress
            self.error = error
        }
    }

    /// Something that is missing, for an operator to act on.
    public struct Finding: Hashable, Sendable {
        /// A name for programs: lower-case words joined by `_`.
        public var problem: String
        /// What is missing, what it means and what to do, in a sentence or two.
        public var detail: String
        /// How many objects it is about; 0 if it is not about objects.
        public var count: Int
        /// Some of them, at most ten.
        public var examples: [String]
        /// Bytes in both directions that were booked with less because of it, since the classifier started.
        public var bytes: UInt64

        /// The finding `problem`.
        public init(problem: String, detail: String, count: Int = 0, examples: [String] = [], bytes: UInt64 = 0) {
            self.problem = problem
            self.detail = detail
            self.count = count
            self.examples = Array(examples.prefix(10))
            self.bytes = bytes
        }
    }

    /// What the cluster's agents call it.
    public var cluster: String
    /// True if every collection was listed as a whole.
    public var isSynced: Bool
    /// Memory that the classifier's process has, in bytes; 0 if that cannot be read.
    public var residentBytes: UInt64
    /// The collections.
    public var collections: [Collection]
    /// Bytes that wait for their pod to be told.
    public var unattributed: FlowCounters
    /// Bytes that waited and found their pod.
    public var reattributed: FlowCounters
    /// What is missing; none if all is well.
    public var findings: [Finding]

    /// A report with the given parts.
    public init(
        cluster: String,
        isSynced: Bool,
        residentBytes: UInt64,
        collections: [Collection],
        unattributed: FlowCounters,
        reattributed: FlowCounters,
        findings: [Finding]
    ) {
        self.cluster = cluster
        self.isSynced = isSynced
        self.residentBytes = residentBytes
        self.collections = collections
        self.unattributed = unattributed
        self.reattributed = reattributed
        self.findings = findings
    }
}

extension JSONWriter {
    /// Writes `report` as an object.
    mutating func value(_ report: InventoryReport) {
        beginObject()
        member("cluster", report.cluster)
        key("synced")
        value(report.isSynced)
        member("resident_bytes", report.residentBytes)
        key("collections")
        beginArray()
        for collection in report.collections {
            beginObject()
            member("name", collection.name)
            member("phase", collection.phase)
            key("synced")
            value(collection.isSynced)
            member("objects", collection.objects)
            if let time = collection.lastProgress {
                member("last_progress", UTCTime(secondsSinceEpoch: time).description)
            }
            if let error = collection.error { member("error", error) }
            endObject()
        }
        endArray()
        key("unattributed")
        beginObject()
        members(report.unattributed)
        endObject()
        key("reattributed")
        beginObject()
        members(report.reattributed)
        endObject()
        key("findings")
        beginArray()
        for finding in report.findings {
            beginObject()
            member("problem", finding.problem)
            member("detail", finding.detail)
            member("count", finding.count)
            key("examples")
            beginArray()
            for example in finding.examples { value(example) }
            endArray()
            member("bytes", finding.bytes)
            endObject()
        }
        endArray()
        endObject()
    }
}
