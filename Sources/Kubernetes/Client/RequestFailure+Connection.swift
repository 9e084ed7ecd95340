// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

extension RequestFailure {
    /// What the error of a connection means, in words that do not need the source to be understood.
    init(connection error: any Error, responseTime: Duration) {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self = .silence(responseTime)
        case let error as HTTPClientError where error == .connectTimeout:
            self = .connection("no connection came about in time")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            self = .connection("the server closed it in the middle of a response")
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                self = .connection("\(first.target.description): \(Self.reason(first.error))")
            } else {
                self = .connection("the host name \(error.host) cannot be resolved")
            }
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self = .connection("the server's certificate is for another name (\(error.description.oneLine))")
        case let error as NIOSSLError:
            let text = "\(error)".oneLine
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                self = .connection("the server's certificate is not signed by the authority that is trusted")
            } else {
                self = .connection("TLS failed, \(text)")
            }
        default:
            self = .connection(Self.reason(error))
        }
    }

    /// What the operating system says of it, if it does.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)".oneLine }
        return String(cString: strerror(error.errnoCode))
    }
}
