// SPDX-License-Identifier: Apache-2.0
import Instruments

/// How large the cluster is and what happens in it.
struct ClusterPlan: Sendable {
    /// Pods in all.
    private(set) var pods = 150_000
    /// Nodes in all.
    private(set) var nodes = 5000
    /// Pods that change in a second.
    private(set) var changes = 100
    /// Seconds for which changes are followed.
    private(set) var seconds = 30
    /// True to list in pages, false to ask for streaming lists.
    private(set) var usesPages = false
    /// True to keep every object as it comes, false to count them only.
    private(set) var keepsObjects = false
    /// True to have a whole classifier follow and book, false to have the client alone follow.
    private(set) var usesClassifier = false
    /// Batches that agents send in a second, of 100 flows each.
    private(set) var batches = 50
    /// The arguments that make this plan.
    let arguments: [String]

    /// The plan that a command line asks for.
    init(arguments: [String]) throws(BenchmarkError) {
        self.arguments = arguments
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--pages": usesPages = true
            case "--keep": keepsObjects = true
            case "--classifier": usesClassifier = true
            case "--batches": batches = try Self.number(&rest, of: name)
            case "--pods": pods = try Self.number(&rest, of: name)
            case "--nodes": nodes = try Self.number(&rest, of: name)
            case "--changes": changes = try Self.number(&rest, of: name)
            case "--seconds": seconds = try Self.number(&rest, of: name)
            default: throw BenchmarkError("there is no option \(name)")
            }
        }
    }

    private static func number(_ rest: inout ArraySlice<String>, of name: String) throws(BenchmarkError) -> Int {
        guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else {
            throw BenchmarkError("\(name) needs a number above 0")
        }
        return number
    }
}
