// SPDX-License-Identifier: Apache-2.0
import CNetwork
import Glibc

/// A request to the kernel's network configuration, see rtnetlink(7).
struct RouteMessage {
    private(set) var bytes: [UInt8] = []

    /// An empty message.
    private init() {}

    /// A request of a type such as `RTM_NEWLINK`, with its fixed part.
    init(_ type: Int32, flags: Int32 = 0, _ fixed: some BitwiseCopyable) {
        append(
            nlmsghdr(
                nlmsg_len: 0,
                nlmsg_type: UInt16(type),
                nlmsg_flags: UInt16(NLM_F_REQUEST | NLM_F_ACK | flags),
                nlmsg_seq: 1,
                nlmsg_pid: 0
            )
        )
        append(fixed)
    }

    private mutating func append(_ value: some BitwiseCopyable) {
        withUnsafeBytes(of: value) { bytes += $0 }
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// Adds an attribute.
    mutating func add(_ type: some BinaryInteger, _ value: [UInt8]) {
        append(rtattr(rta_len: UInt16(4 + value.count), rta_type: UInt16(type)))
        bytes += value
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// Adds a number.
    mutating func add(_ type: some BinaryInteger, _ value: UInt32) {
        add(type, withUnsafeBytes(of: value) { Array($0) })
    }

    /// Adds a name.
    mutating func add(_ type: some BinaryInteger, name: String) {
        add(type, Array(name.utf8) + [0])
    }

    /// Adds an attribute that holds others.
    mutating func nest(_ type: some BinaryInteger, _ content: (inout RouteMessage) -> Void) {
        var inner = RouteMessage()
        content(&inner)
        add(type, inner.bytes)
    }

    /// Adds an attribute that holds a fixed part and others.
    mutating func nest(
        _ type: some BinaryInteger,
        _ fixed: some BitwiseCopyable,
        _ content: (inout RouteMessage) -> Void
    ) {
        var inner = RouteMessage()
        inner.append(fixed)
        content(&inner)
        add(type, inner.bytes)
    }

    /// Sends the request in the thread's network namespace, and takes the kernel's answer.
    ///
    /// - Throws: ``SelfTestError`` with `what` if the kernel refuses.
    func send(_ what: String) throws {
        let route = socket(AF_NETLINK, CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard route >= 0 else { throw SelfTestError.call("netlink socket") }
        defer { close(route) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(route, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var request = bytes
        withUnsafeBytes(of: UInt32(bytes.count)) { request.replaceSubrange(0..<4, with: $0) }
        var answer = [UInt8](repeating: 0, count: 4096)
        guard Glibc.send(route, request, request.count, 0) == request.count, recv(route, &answer, answer.count, 0) >= 20
        else { throw SelfTestError.call(what) }
        // A header of 16 bytes, then the negative error code; 0 is success.
        let code = answer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: Int32.self) }
        guard code == 0 else { throw SelfTestError.failed(call: what, code: -code) }
    }
}
