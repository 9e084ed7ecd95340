// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TestSupport

/// An HTTP server of one document, which behaves as well or as badly as the test says.
final class PublisherServer: Sendable {
    /// What it does with a request.
    enum Behaviour: Sendable {
        /// Gives the document, or says that it is unchanged to who has it.
        case publish([UInt8], entityTag: String)
        /// Gives the document and forgets what it is asked about.
        case forget([UInt8])
        /// Answers with a status and nothing else.
        case fail(Int)
        /// Breaks off in the middle of the document.
        case cut([UInt8])
        /// Sends for as long as somebody listens.
        case endless
        /// Sends one byte and then nothing.
        case stall
    }

    /// Where it listens.
    let url: String

    private let server: LoopbackServer
    private let desk: Desk

    /// What the server's thread and the test share.
    fileprivate final class Desk: Sendable {
        let state: Mutex<(behaviour: Behaviour, requests: [String], stalled: [LoopbackServer.Connection])>

        init(_ behaviour: Behaviour) {
            state = Mutex((behaviour, [], []))
        }

        deinit {
            for connection in state.withLock({ $0.stalled }) { connection.close() }
        }
    }

    /// A server on a free port of the loopback interface.
    init(_ behaviour: Behaviour) throws {
        let desk = Desk(behaviour)
        self.desk = desk
        server = try LoopbackServer { desk.serve($0) }
        url = "http://127.0.0.1:\(server.port)/list.json"
    }

    /// What it does from now on.
    func behave(_ behaviour: Behaviour) {
        desk.state.withLock { $0.behaviour = behaviour }
    }

    /// The heads of the requests so far, in lower case.
    var requests: [String] {
        desk.state.withLock { $0.requests }
    }
}

extension PublisherServer.Desk {
    fileprivate func serve(_ connection: LoopbackServer.Connection) {
        let head = connection.readHead().lowercased()
        let behaviour = state.withLock { state in
            state.requests.append(head)
            return state.behaviour
        }
        switch behaviour {
        case .publish(let document, let entityTag):
            if head.contains("if-none-match: \(entityTag)\r\n".lowercased()) {
                connection.answer("304 Not Modified", ["etag: \(entityTag)"], [])
            } else {
                connection.answer("200 OK", ["etag: \(entityTag)", "content-length: \(document.count)"], document)
            }
        case .forget(let document): connection.answer("200 OK", ["content-length: \(document.count)"], document)
        case .fail(let status): connection.answer("\(status) Status", ["content-length: 0"], [])
        case .cut(let document): connection.answer("200 OK", ["content-length: \(document.count * 2)"], document)
        case .endless:
            connection.answer("200 OK", [], [])
            while connection.send([UInt8](repeating: 0x20, count: 65_536)) {}
        case .stall:
            connection.answer("200 OK", ["content-length: 1000"], [0x20])
            state.withLock { $0.stalled.append(connection) }
            return
        }
        connection.close()
    }
}
