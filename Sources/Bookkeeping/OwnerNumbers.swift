// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// Numbers owners by what is a dimension of their series.
struct OwnerNumbers: Sendable {
    private struct Pod {
        var number: Int32
        /// `nil` if it is to be named again for the next batch.
        var grounds: Grounds?
    }

    /// By number.
    private(set) var identities: [OwnerIdentity] = []
    private var numbers: [OwnerIdentity: Int32] = [:]
    /// The pods that the inventory names or does not know, by UID.
    private var pods: [String: Pod] = [:]
    /// UIDs of those that are to be named again.
    private var passing: [String] = []
    /// The inventory's revision for which the names of all others hold.
    private var revision: UInt64 = 0

    /// How many there are.
    var count: Int { identities.count + pods.count }

    /// Forgets the names that `inventory` may have changed since the last call.
    mutating func refresh(from inventory: Inventory) {
        for uid in passing { pods[uid] = nil }
        passing.removeAll(keepingCapacity: true)
        guard inventory.revision != revision else { return }
        for (uid, pod) in pods {
            if let grounds = pod.grounds, inventory.upholds(grounds, since: revision) { continue }
            pods[uid] = nil
        }
        revision = inventory.revision
    }

    /// The number of `owner`: the same for all that are one owner, for instance the containers of a pod.
    ///
    /// - Parameter inventory: that of the last refresh; `nil` if the names that the agent found are to stay.
    mutating func number(of owner: Owner, inventory: Inventory?) -> Int32 {
        guard owner.kind == .pod, !owner.podUID.isEmpty, let inventory else {
            return number(of: OwnerIdentity(owner, inventory: inventory))
        }
        // Its identity depends on its UID alone, unless nobody can name it.
        if let known = pods[owner.podUID] { return known.number }
        let identity = OwnerIdentity(owner, inventory: inventory)
        let grounds = identity.kind == .pod ? inventory.grounds(ofPod: owner.podUID) : nil
        let number = number(of: identity)
        pods[owner.podUID] = Pod(number: number, grounds: grounds)
        if grounds == nil { passing.append(owner.podUID) }
        return number
    }

    private mutating func number(of identity: OwnerIdentity) -> Int32 {
        let number = numbers[identity, default: Int32(identities.count)]
        if number == identities.count {
            numbers[identity] = number
            identities.append(identity)
        }
        return number
    }
}
