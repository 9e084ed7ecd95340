// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A BPF file system of the test's own.
final class PinMount {
    let mount: TemporaryDirectory
    var path: String { mount.file("netledger") }

    init() throws {
        mount = try TemporaryDirectory()
        try Shell.run(["mount", "-t", "bpf", "bpf", mount.path])
    }

    deinit {
        // The directory is removed all the same, or stays in /tmp and says so.
        _ = try? Shell.run(["umount", "-l", mount.path])
        mount.remove()
    }

    /// Ids of the pinned hooks and of their programs.
    func hooks() throws -> [(link: Int, program: Int)] {
        struct Link: Decodable {
            var id: Int
            var progID: Int

            private enum CodingKeys: String, CodingKey {
                case id
                case progID = "prog_id"
            }
        }
        return try ["count_egress", "count_ingress", "watch_close"]
            .map { name in
                let text = try Shell.run(["bpftool", "-j", "link", "show", "pinned", "\(path)/hooks/\(name)"])
                let link = try JSONDecoder().decode(Link.self, from: Data(text.utf8))
                return (link.id, link.progID)
            }
    }
}
