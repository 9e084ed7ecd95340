// SPDX-License-Identifier: Apache-2.0
import CFlowObject
import CLibBPF

extension MapLayout {
    /// The layout of the embedded program's maps, as its own type information has it.
    ///
    /// The kernel keeps that information too, but tells it only to who has CAP_SYS_ADMIN.
    ///
    /// - Parameter kernelTypes: Which of the two programs; both have the same maps.
    /// - Throws: ``CaptureError`` if the program cannot be read.
    static func ofProgram(kernelTypes: Bool = false) throws(CaptureError) -> MapLayout {
        BPFLog.capture()
        let embedded = flow_object(kernelTypes)
        guard let object = bpf_object__open_mem(embedded.bytes, Int(embedded.size), nil) else {
            throw CaptureError(.refused, "the embedded BPF object cannot be read: \(BPFLog.text)")
        }
        defer { bpf_object__close(object) }
        guard let types = bpf_object__btf(object) else {
            throw CaptureError(.refused, "the embedded BPF object has no types: compile it with -g, as make bpf does")
        }
        var lines: [String] = []
        for name in BPFObject.sizedMaps + BPFObject.fixedMaps {
            let map = try BPFObject.find(name, in: object)
            var kind = "map \(name) type \(bpf_map__type(map).rawValue) flags \(bpf_map__map_flags(map))"
            kind += " key \(bpf_map__key_size(map)) value \(bpf_map__value_size(map))"
            if BPFObject.fixedMaps.contains(name) { kind += " entries \(bpf_map__max_entries(map))" }
            lines.append(kind)
            let reader = TypeReader(types: types)
            lines += reader.fields(of: bpf_map__btf_key_type_id(map), name: name + ":key", offset: 0)
            lines += reader.fields(of: bpf_map__btf_value_type_id(map), name: name, offset: 0)
        }
        lines += LossCounters.reasons.enumerated().map { "loss \($0) \($1)" }
        return MapLayout(text: lines.joined(separator: "\n") + "\n")
    }
}

/// Reads BTF, the type information of BPF programs.
private struct TypeReader {
    let types: OpaquePointer

    /// The lines of the fields of a type, the first byte of which is at `offset`.
    func fields(of type: UInt32, name: String, offset: Int) -> [String] {
        let id = btf__resolve_type(types, type)
        guard id > 0, let description = btf__type_by_id(types, UInt32(id)) else { return [] }
        if btf_is_composite(description), let members = btf_members(description) {
            return (0..<UInt32(btf_vlen(description)))
                .flatMap { number in
                    let member = members[Int(number)]
                    return fields(
                        of: member.type,
                        name: name + "." + text(member.name_off),
                        offset: offset + Int(btf_member_bit_offset(description, number)) / 8
                    )
                }
        }
        let size = Int(btf__resolve_size(types, UInt32(id)))
        guard btf_is_array(description), let array = btf_array(description) else {
            return ["field \(name) \(offset) \(size)"]
        }
        let stride = size / max(1, Int(array.pointee.nelems))
        // Bytes are one field.
        if stride == 1 { return ["field \(name) \(offset) \(size)"] }
        return (0..<Int(array.pointee.nelems))
            .flatMap { fields(of: array.pointee.type, name: "\(name)[\($0)]", offset: offset + $0 * stride) }
    }

    private func text(_ offset: UInt32) -> String {
        btf__name_by_offset(types, offset).map { String(cString: $0) } ?? ""
    }
}
