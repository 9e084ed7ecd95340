// SPDX-License-Identifier: Apache-2.0
import NIOSSL
import SwiftASN1

/// A certificate that a client has shown, and that its authorities were found to vouch for.
struct ClientCertificate: Hashable, Sendable {
    /// Whom it names: the DNS names and URIs of its subject alternative names, else its subject's common name.
    let names: Set<String>
    /// The last second it may be used, since 1970-01-01T00:00:00Z.
    let notAfter: Int64
    /// Which authorities vouched for it; see ``ServerTLS``.
    let trust: Int

    /// A certificate of `names`.
    init(names: Set<String>, notAfter: Int64, trust: Int) {
        self.names = names
        self.notAfter = notAfter
        self.trust = trust
    }

    /// What `certificate`, which was verified, says.
    init(_ certificate: NIOSSLCertificate, trust: Int) {
        var names: Set<String> = []
        for name in certificate._subjectAlternativeNames() where name.nameType == .dnsName || name.nameType == .uri {
            if let text = String(validating: name.contents, as: UTF8.self), Self.isName(text) { names.insert(text) }
        }
        if names.isEmpty, let name = Self.commonName(of: certificate), Self.isName(name) { names.insert(name) }
        self.init(names: names, notAfter: Int64(certificate.notValidAfter), trust: trust)
    }

    /// The nodes that it stands for: its names, and the node in a kubelet's name or in a URI that ends `/node/NAME`.
    var nodes: Set<String> {
        var nodes = names
        for name in names {
            if name.hasPrefix("system:node:") { nodes.insert(String(name.dropFirst("system:node:".count))) }
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            if name.contains("://"), parts.count >= 2, parts[parts.count - 2] == "node", let last = parts.last {
                nodes.insert(String(last))
            }
        }
        return nodes
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    /// The last common name of the subject; `nil` if there is none, or the certificate cannot be read.
    static func commonName(of certificate: NIOSSLCertificate) -> String? {
        // One that BoringSSL has verified can be read; where not, it names nobody, and nobody is let in.
        guard let bytes = try? certificate.toDERBytes(), let root = try? DER.parse(bytes) else { return nil }
        return try? DER.sequence(root, identifier: .sequence) { nodes in
            guard let body = nodes.next() else { return nil }
            while nodes.next() != nil {}
            return try DER.sequence(body, identifier: .sequence) { fields in
                defer { while fields.next() != nil {} }
                // version, serialNumber, signature, issuer, validity, subject; the first is tagged, and may be absent.
                guard var field = fields.next() else { return nil }
                if field.identifier.tagClass == .contextSpecific, let next = fields.next() { field = next }
                for _ in 0..<4 {
                    guard let next = fields.next() else { return nil }
                    field = next
                }
                return try subjectName(field)
            }
        }
    }

    private static func subjectName(_ subject: ASN1Node) throws -> String? {
        let commonName: ASN1ObjectIdentifier = [2, 5, 4, 3]
        var found: String?
        try DER.sequence(subject, identifier: .sequence) { sets in
            while let set = sets.next() {
                guard case .constructed(let attributes) = set.content else { continue }
                for attribute in attributes {
                    try DER.sequence(attribute, identifier: .sequence) { parts in
                        let type = try ASN1ObjectIdentifier(derEncoded: &parts)
                        guard let value = parts.next() else { return }
                        while parts.next() != nil {}
                        guard type == commonName, case .primitive(let bytes) = value.content else { return }
                        found = String(validating: bytes, as: UTF8.self)
                    }
                }
            }
        }
        return found
    }
}
