// SPDX-License-Identifier: Apache-2.0

/// An object that makes pods and is itself made by another: a ReplicaSet or a Job.
public struct ClusterController: Hashable, Sendable {
    /// An object, as another's owner reference names it.
    public struct Reference: Hashable, Sendable {
        /// The kind, such as `ReplicaSet`.
        public var kind: String
        /// The name.
        public var name: String
        /// The identity.
        public var uid: String

        /// A reference to the object `uid`.
        public init(kind: String, name: String, uid: String) {
            self.kind = kind
            self.name = name
            self.uid = uid
        }

        /// True if objects of this kind are made by others as a rule, so that their own controller is the workload.
        var isIntermediate: Bool {
            kind == "ReplicaSet" || kind == "Job"
        }
    }

    /// Its identity.
    public var uid: String
    /// Its own controller; `nil` if people made it themselves.
    public var controller: Reference?

    /// The object `uid`, which `controller` made.
    public init(uid: String, controller: Reference?) {
        self.uid = uid
        self.controller = controller
    }
}
