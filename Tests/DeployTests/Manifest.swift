// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Yams

/// A value in a manifest; every scalar is its text.
indirect enum Manifest: Hashable, Sendable {
    case mapping([String: Manifest])
    case list([Manifest])
    case text(String)

    /// The documents of `yaml`, those without content left out.
    static func all(_ yaml: String) throws -> [Manifest] {
        try compose_all(yaml: yaml).map(Manifest.init).filter { $0 != .text("") && $0 != .text("null") }
    }

    private init(_ node: Node) throws {
        switch node {
        case .mapping(let mapping):
            self = .mapping(
                try mapping.reduce(into: [:]) { $0[$1.key.string ?? ""] = try Manifest($1.value) }
            )
        case .sequence(let sequence):
            self = .list(try sequence.map(Manifest.init))
        case .scalar(let scalar):
            self = .text(scalar.string)
        case .alias:
            throw LaunchError("a manifest has an alias without an anchor")
        }
    }

    /// What stands at the end of `path`; `nil` if a key on it is missing.
    subscript(_ path: String...) -> Manifest? {
        path.reduce(self) { value, key in
            guard case .mapping(let entries)? = value else { return nil }
            return entries[key]
        }
    }

    /// The text of a scalar.
    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The items of a list; none of anything else.
    var items: [Manifest] {
        if case .list(let items) = self { items } else { [] }
    }

    /// The entries of a mapping; none of anything else.
    var entries: [String: Manifest] {
        if case .mapping(let entries) = self { entries } else { [:] }
    }

    /// The texts of a list of scalars.
    var texts: [String] {
        items.compactMap(\.text)
    }

    /// Kind and name of an object.
    var id: String {
        "\(self["kind"]?.text ?? "?")/\(self["metadata", "name"]?.text ?? "?")"
    }

    /// The pod's specification of a workload.
    var pod: Manifest? {
        self["spec", "template", "spec"]
    }

    /// The only container of a workload.
    var container: Manifest? {
        let containers = pod?["containers"]?.items ?? []
        return containers.count == 1 ? containers[0] : nil
    }

    /// The same without the keys for which `isLeftOut` is true, at any depth.
    func without(_ isLeftOut: (String) -> Bool) -> Manifest {
        switch self {
        case .mapping(let entries):
            let kept = entries.filter { !isLeftOut($0.key) }.mapValues { $0.without(isLeftOut) }
            // What only held such keys is gone too.
            return .mapping(kept.filter { $0.value != .mapping([:]) || entries[$0.key] == .mapping([:]) })
        case .list(let items): return .list(items.map { $0.without(isLeftOut) })
        case .text: return self
        }
    }

    /// Where two values differ, as paths with both texts.
    func differences(from other: Manifest, at path: String = "") -> [String] {
        switch (self, other) {
        case (.mapping(let mine), .mapping(let theirs)):
            Set(mine.keys).union(theirs.keys).sorted()
                .flatMap { key -> [String] in
                    guard let first = mine[key], let second = theirs[key] else {
                        return ["\(path).\(key) is only in one"]
                    }
                    return first.differences(from: second, at: path + "." + key)
                }
        case (.list(let mine), .list(let theirs)) where mine.count == theirs.count:
            zip(mine, theirs).enumerated().flatMap { $1.0.differences(from: $1.1, at: "\(path)[\($0)]") }
        default:
            self == other ? [] : ["\(path): \(self) and \(other)"]
        }
    }
}
