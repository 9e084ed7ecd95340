// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Opens sockets for another process, which asks over a UNIX socket and receives the descriptors.
///
/// A request is three 32-bit numbers in host order: family, type, protocol. The answer is the `errno`, 0 for success,
/// with the descriptor attached.
struct SocketOpener {
    /// Where the other process listens.
    var path: String

    /// Serves until the other process hangs up.
    func run() throws(GeneratorError) {
        let channel = try connect()
        defer { close(channel) }
        var request: [Int32] = [0, 0, 0]
        while recv(channel, &request, 12, 0) == 12 {
            let descriptor = socket(request[0], request[1], request[2])
            try answer(descriptor, code: descriptor < 0 ? errno : 0, over: channel)
            if descriptor >= 0 { close(descriptor) }
        }
    }

    private func connect() throws(GeneratorError) -> Int32 {
        let channel = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
        if channel < 0 { throw .last("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(channel, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result != 0 { throw .last("connect to \(path)") }
        return channel
    }

    private func answer(_ descriptor: Int32, code: Int32, over channel: Int32) throws(GeneratorError) {
        var code = code
        // struct cmsghdr and one descriptor: length (8 bytes), level, type, descriptor.
        var control: [UInt64] = [20, UInt64(SCM_RIGHTS) << 32 | UInt64(SOL_SOCKET), 0]
        control[2] = UInt64(UInt32(bitPattern: descriptor))
        let sent = withUnsafeMutableBytes(of: &code) { payload in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: payload.baseAddress, iov_len: payload.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    if descriptor >= 0 {
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                    }
                    return sendmsg(channel, &message, Int32(MSG_NOSIGNAL))
                }
            }
        }
        if sent != 4 { throw .last("sendmsg") }
    }
}
