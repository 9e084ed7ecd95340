// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A process in a host of a lab that opens sockets there and hands them to the test.
///
/// A socket belongs to the network namespace and the cgroup of the process that opened it, whoever holds it later.
/// So one test drives both ends of a connection, step by step, and each end is on its own account.
public final class SocketSource: Sendable {
    /// The process.
    public let processID: pid_t

    private let child: ChildProcess
    private let channel: Int32
    private let folder: TemporaryDirectory

    /// Starts the process by `command`, which is to run the program that is appended to it.
    ///
    /// - Throws: ``LaunchError`` with what the program said if it does not come up within ten seconds.
    init(_ command: ([String]) -> [String]) throws {
        folder = try TemporaryDirectory()
        let path = folder.file("sockets")
        let door = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(door) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(door, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(door, 1) == 0 else { throw LaunchError("cannot listen on \(path)") }
        let program = try BuiltProduct.path("TrafficGenerator")
        child = try ChildProcess(command([program, "sockets", "--for", path]), outputPath: folder.file("output"))
        processID = child.processID
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(door, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        channel = accept(door, nil, nil)
        guard channel >= 0 else { throw LaunchError("no sockets from a process that says: \(child.output)") }
        _ = fcntl(channel, F_SETFD, FD_CLOEXEC)
        setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        if channel >= 0 { close(channel) }
        child.kill()
    }

    /// Opens a socket.
    ///
    /// - Parameters:
    ///   - family: `AF_INET` or `AF_INET6`.
    ///   - type: `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_RAW`.
    ///   - number: The IP protocol; 0 for the type's own.
    /// - Throws: ``LabSocket/Failure`` with the reason of the kernel, which may be that it lacks the protocol.
    public func open(family: Int32, type: __socket_type, protocol number: Int32 = 0) throws -> LabSocket {
        var request = [family, Int32(type.rawValue), number]
        guard send(channel, &request, 12, Int32(MSG_NOSIGNAL)) == 12 else {
            throw LabSocket.Failure("ask for a socket")
        }
        var code: Int32 = 0
        // struct cmsghdr and one descriptor: length (8 bytes), level, type, descriptor.
        var control = [UInt64](repeating: 0, count: 3)
        let received = withUnsafeMutableBytes(of: &code) { payload in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: payload.baseAddress, iov_len: payload.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    return recvmsg(channel, &message, Int32(MSG_CMSG_CLOEXEC))
                }
            }
        }
        guard received == 4 else { throw LaunchError("the process that opens sockets is gone: \(child.output)") }
        guard code == 0 else { throw LabSocket.Failure("socket \(family) \(type.rawValue) \(number)", code: code) }
        return LabSocket(adopting: Int32(truncatingIfNeeded: control[2]), family: family)
    }

    /// Moves the process into `group`; sockets that it opened before stay where they are.
    ///
    /// - Throws: What the file system says if the cgroup is gone.
    public func enter(_ group: CgroupLab.Group) throws {
        let members = try FileHandle(forWritingTo: URL(fileURLWithPath: group.path + "/cgroup.procs"))
        try members.write(contentsOf: Data("\(processID)\n".utf8))
        try members.close()
    }
}
