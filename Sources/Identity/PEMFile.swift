// SPDX-License-Identifier: Apache-2.0
import Glibc
public import NIOSSL

/// Reads certificates and keys from PEM files.
public enum PEMFile {
    /// The most bytes that are read of a file: far more than any bundle of certificates has.
    static let mostBytes = 4 << 20

    /// The certificates in the file at `path`, in their order.
    ///
    /// - Throws: ``IdentityError`` if the file cannot be read, or holds no certificate.
    public static func certificates(_ path: String) throws(IdentityError) -> [NIOSSLCertificate] {
        let bytes = try contents(of: path)
        let found: [NIOSSLCertificate]
        do {
            found = try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw IdentityError("\(path) holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).")
        }
        guard !found.isEmpty else {
            throw IdentityError("\(path) holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).")
        }
        return found
    }

    /// The private key in the file at `path`.
    ///
    /// - Throws: ``IdentityError`` if the file cannot be read, or holds no key, or one behind a passphrase.
    public static func privateKey(_ path: String) throws(IdentityError) -> NIOSSLPrivateKey {
        let bytes = try contents(of: path)
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw IdentityError("\(path) holds no private key in PEM form that can be read without a passphrase.")
        }
    }

    /// The bytes of the file at `path`.
    static func contents(of path: String) throws(IdentityError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw IdentityError("\(path) cannot be read: \(String(cString: strerror(errno))).") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw IdentityError("\(path) cannot be read: \(String(cString: strerror(errno))).")
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= mostBytes else {
                throw IdentityError("\(path) is larger than \(mostBytes) bytes: it is some other file.")
            }
        }
    }
}
