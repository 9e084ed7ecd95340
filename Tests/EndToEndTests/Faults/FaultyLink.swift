// SPDX-License-Identifier: Apache-2.0
import CNetwork
import Foundation
import Synchronization
import TestSupport

/// Stands between agent and classifier, and does to their requests what networks do.
///
/// It understands as much of HTTP/1.1 as an agent and a classifier speak: bodies with a length. Each request goes on
/// over a connection of its own, so that it can be lost, repeated, held back and overtaken.
final class FaultyLink: Sendable {
    /// What the link does to requests.
    struct Weather: Sendable {
        /// Nothing passes.
        var isCut = false
        /// One in so many requests never arrives, and so on for the others; 0 for none.
        var losesRequest = 0
        var losesAnswer = 0
        var repeatsRequest = 0
        /// The request is kept and arrives after a later one.
        var holdsBack = 0
        /// Longest time that a request is on its way, in milliseconds.
        var delay = 0

        /// Everything passes at once.
        static let calm = Weather()
    }

    /// Where it listens.
    let url: String

    fileprivate struct State {
        var weather = Weather.calm
        var random: SeededRandom
        var held: [[UInt8]] = []
        /// Requests by what was done to them.
        var tally: [String: Int] = [:]
    }

    private let state: Mutex<State>
    private let port: UInt16
    private let door: Int32

    /// A calm link to `url`, which is `http://127.0.0.1:PORT`.
    ///
    /// - Parameter host: listens on the loopback of this namespace, from which there is no other way to `url`; on that of
    ///   the test's own if `nil`.
    init(to url: String, _ random: SeededRandom, from host: NetworkLab.Host? = nil) throws {
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw LaunchError(url) }
        self.port = port
        state = Mutex(State(random: random))
        door = try Self.inside(host) {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        let own = try LoopbackPort.free()
        self.url = "http://127.0.0.1:\(own)"
        guard Self.withAddress(own, { bind(door, $0, $1) }) == 0, listen(door, 64) == 0 else {
            throw LaunchError("the link cannot listen on port \(own)")
        }
        Thread.detachNewThread { [door] in
            while true {
                let client = accept(door, nil, nil)
                if client < 0 { return }
                Thread.detachNewThread { [weak self] in
                    self?.serve(client)
                    close(client)
                }
            }
        }
    }

    /// Runs `body` with the calling thread in the namespace of `host`.
    private static func inside<Value>(_ host: NetworkLab.Host?, _ body: () throws -> Value) throws -> Value {
        guard let host else { return try body() }
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let other = open("/run/netns/" + host.namespace, O_RDONLY | O_CLOEXEC)
        defer {
            close(home)
            close(other)
        }
        guard netledger_enter_network(other) == 0 else { throw LaunchError("no way into \(host.namespace)") }
        defer { netledger_enter_network(home) }
        return try body()
    }

    deinit {
        shutdown(door, Int32(SHUT_RDWR))
        close(door)
    }

    /// Changes what happens to requests from now on; what is held back when it gets calm arrives at once.
    func set(_ weather: Weather) {
        let late = state.withLock { state in
            state.weather = weather
            guard !weather.isCut, weather.holdsBack == 0 else { return [[UInt8]]() }
            defer { state.held = [] }
            return state.held
        }
        for request in late { _ = forward(request) }
    }

    /// Requests by what was done to them, for the log.
    var tally: String {
        state.withLock(\.tally).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    fileprivate enum Fate: String {
        case passed, lost, answerLost, repeated, heldBack
    }

    private func serve(_ client: Int32) {
        while let request = Self.message(from: client) {
            let (fate, delay, late) = state.withLock { state in
                let fate = state.fate()
                state.tally[fate.rawValue, default: 0] += 1
                // What was held back arrives after one that came later.
                let late = fate == .passed && !state.held.isEmpty ? state.held.removeFirst() : nil
                if fate == .heldBack { state.held.append(request) }
                return (fate, Int.random(in: 0...state.weather.delay, using: &state.random), late)
            }
            if delay > 0 { usleep(UInt32(delay) * 1000) }
            switch fate {
            case .lost, .heldBack: return
            case .answerLost:
                _ = forward(request)
                return
            case .repeated: _ = forward(request)
            case .passed: break
            }
            guard let answer = forward(request) else { return }
            if let late { _ = forward(late) }
            guard Self.write(answer, to: client) else { return }
        }
    }

    /// Sends a request on; the answer, or `nil` if there is none.
    private func forward(_ request: [UInt8]) -> [UInt8]? {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(server) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard Self.withAddress(port, { connect(server, $0, $1) }) == 0, Self.write(request, to: server) else {
            return nil
        }
        return Self.message(from: server)
    }

    private static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...]
                .withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Reads one message with its body; `nil` if the connection ends before.
    private static func message(from descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var total: Int?
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while total.map({ bytes.count < $0 }) ?? true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            if total == nil { total = length(of: bytes) }
        }
        return bytes
    }

    /// Length of the message that begins with `bytes`, once its header is whole.
    private static func length(of bytes: [UInt8]) -> Int? {
        let end: [UInt8] = [13, 10, 13, 10]
        guard let header = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        let lines = String(decoding: bytes[..<header], as: UTF8.self).lowercased().split(separator: "\r\n")
        let field = lines.first { $0.hasPrefix("content-length:") }
        let body = field.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        return header + 4 + body
    }
}

extension FaultyLink.State {
    fileprivate mutating func fate() -> FaultyLink.Fate {
        if weather.isCut { return .lost }
        for (oneIn, fate) in [
            (weather.losesRequest, FaultyLink.Fate.lost), (weather.losesAnswer, .answerLost),
            (weather.repeatsRequest, .repeated), (weather.holdsBack, .heldBack),
        ] where oneIn > 0 && Int.random(in: 0..<oneIn, using: &random) == 0 {
            return fate
        }
        return .passed
    }
}
