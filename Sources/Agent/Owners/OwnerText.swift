// SPDX-License-Identifier: Apache-2.0
import Wire

/// Makes text from the file system fit for the wire, the ledger and a terminal.
///
/// A cgroup may be called almost anything, escape sequences included, and whoever made it is not always trusted.
enum OwnerText {
    /// `text` within the limit of an owner's names.
    static func name(_ text: String) -> String {
        fit(text, to: WireLimits.default.nameBytes)
    }

    /// `text` within the limit of an owner's path.
    static func path(_ text: String) -> String {
        fit(text, to: WireLimits.default.pathBytes)
    }

    /// `text` with control characters replaced by U+FFFD, and cut to `limit` bytes.
    ///
    /// What is cut ends in `~` and a hash of the whole, so that two long names stay two.
    private static func fit(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit || text.unicodeScalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(isControl(scalar) ? "\u{fffd}" : scalar)
        }
        let clean = String(result)
        guard clean.utf8.count > limit else { return clean }
        let hash = text.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        let suffix = "~" + String(hash, radix: 16)
        var room = limit - suffix.utf8.count
        var kept = String.UnicodeScalarView()
        for scalar in result {
            let width = UTF8.width(scalar)
            guard width <= room else { break }
            room -= width
            kept.append(scalar)
        }
        return String(kept) + suffix
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }
}
