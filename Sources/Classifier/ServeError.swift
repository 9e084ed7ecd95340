// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore
import Settings

/// Why the classifier cannot serve HTTP: a sentence for the operator.
struct ServeError: Error, CustomStringConvertible {
    let description: String

    /// What `error`, thrown by the server, means to an operator who asked it to listen at `listen`.
    init(_ error: any Error, listen: ListenAddress) {
        let cause: String
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            cause = "another program listens there; stop it, or choose another address with --listen"
        case EACCES:
            cause = "this user may not use port \(listen.port); choose one above 1023 with --listen, or run as root"
        case EADDRNOTAVAIL:
            cause = "this host does not have the address; choose one that it has with --listen"
        default:
            cause = "\(error)"
        }
        description = "cannot serve HTTP on \(listen): \(cause)"
    }
}
