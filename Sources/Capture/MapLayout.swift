// SPDX-License-Identifier: Apache-2.0
import CFlow

/// Where the fields of one release's maps stand, as a text that is pinned beside the maps.
///
/// A release counts only to maps whose layout is its own to the letter. Of any other it reads what was counted, by the
/// names of the fields: their order, their padding and what else there is do not matter. So a header may change in any
/// way, and nobody has to remember to say so; whoever changes what a field means gives it another name.
///
/// A field of a map's values is called by the map's name and its path in the value, `slots.counters.bytes[0]`.
///
/// | field | if it is missing |
/// |---|---|
/// | `slots.key.cgroup_id`, `slots.key.remote`, `slots.counters`, `readings.counters` | the maps are refused |
/// | `journal.boot_id`, `journal.committed`, `journal.taken` | the maps are refused |
/// | `slots.key.service_port`, `slots.key.protocol` | 0, as in an overflow flow |
/// | `slots.key.traits` | the initiator is unknown, the way not loopback, the remote no service |
/// | `sources.local`, `sources.local_port` | no flow has a local end |
/// | `losses`, `journal.losses` | nothing was lost |
/// | `journal.heir_of`, `journal.inherited_by` | these counters have taken over no other |
struct MapLayout: Hashable, Sendable {
    /// Lines `map`, with the name and kind of a map; `field`, with its name, offset and width; and `loss`, with the
    /// number of a reason and its name.
    let text: String
    /// Names of the reasons of losses, in the order of their counters.
    let reasons: [String]

    private let fields: [String: MapField]

    /// The layout that `text` tells; lines of other kinds are passed over.
    init(text: String) {
        self.text = text
        var fields: [String: MapField] = [:]
        var reasons: [String] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 4, words[0] == "field", let offset = Int(words[2]), let width = Int(words[3]) {
                guard offset >= 0, offset < 1 << 20, [1, 2, 4, 8, 16].contains(width) else { continue }
                fields[String(words[1])] = MapField(offset: offset, width: width)
            } else if words.count == 3, words[0] == "loss" {
                reasons.append(String(words[2]))
            }
        }
        self.fields = fields
        self.reasons = reasons
    }

    /// The integer field called `name`; `nil` if there is none.
    func integer(_ name: String) -> MapField? {
        fields[name].flatMap { $0.width <= 8 ? $0 : nil }
    }

    /// The integer of 8 bytes called `name`, which may be written; `nil` if there is none.
    func counter(_ name: String) -> MapField? {
        fields[name].flatMap { $0.width == 8 ? $0 : nil }
    }

    /// The field of 16 bytes called `name`; `nil` if there is none.
    func bits(_ name: String) -> MapField? {
        fields[name].flatMap { $0.width == 16 ? $0 : nil }
    }

    /// Where values of the map called `name` end, as far as any field tells.
    func length(_ name: String) -> Int {
        fields.filter { $0.key.hasPrefix(name + ".") }.map { $0.value.offset + $0.value.width }.max() ?? 0
    }

    /// The fields of `struct flow_counters` at `path`; `nil` unless all are there.
    func counters(_ path: String) -> CounterFields? {
        guard let egressBytes = integer("\(path).bytes[\(FLOW_EGRESS.rawValue)]"),
            let ingressBytes = integer("\(path).bytes[\(FLOW_INGRESS.rawValue)]"),
            let egressPackets = integer("\(path).packets[\(FLOW_EGRESS.rawValue)]"),
            let ingressPackets = integer("\(path).packets[\(FLOW_INGRESS.rawValue)]")
        else { return nil }
        return CounterFields(
            egressBytes: egressBytes,
            ingressBytes: ingressBytes,
            egressPackets: egressPackets,
            ingressPackets: ingressPackets
        )
    }
}
