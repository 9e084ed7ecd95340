// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

/// The body of a response, sent piece by piece as a fault wants it.
final class FaultyBody: Sendable {
    /// The response must break off here.
    struct Cut: Error {}

    private struct State {
        /// Bytes given so far.
        var given = 0
        /// What must be sent before the source is asked again.
        var rest: ArraySlice<UInt8> = []
    }

    private let fault: Fault?
    private let source: @Sendable () async throws -> String?
    private let state = Mutex(State())

    /// A body of the texts that `source` gives one after the other until it gives `nil`.
    init(fault: Fault?, source: @escaping @Sendable () async throws -> String?) {
        self.fault = fault
        self.source = source
    }

    /// A body of one text.
    convenience init(fault: Fault?, text: String) {
        let rest = Mutex<String?>(text)
        self.init(fault: fault) { rest.withLock { $0.take() } }
    }

    /// The next piece, or `nil` at the end.
    ///
    /// - Throws: ``Cut`` where the fault says so.
    func next() async throws -> ByteBuffer? {
        switch fault {
        case .cut(let limit):
            guard let piece = try await piece(upTo: limit) else { throw Cut() }
            return piece
        case .end(let limit):
            return try await piece(upTo: limit)
        case .stall(let limit):
            if let piece = try await piece(upTo: limit) { return piece }
            // Until the client gives up, or the server ends.
            while true { try await Task.sleep(for: .seconds(3600)) }
        case .trickle(let size):
            if state.withLock({ $0.rest.isEmpty }) {
                guard let text = try await source() else { return nil }
                state.withLock { $0.rest = Array(text.utf8)[...] }
            }
            return state.withLock { state in
                defer { state.rest = state.rest.dropFirst(size) }
                return ByteBuffer(bytes: state.rest.prefix(size))
            }
        default:
            return try await source().map { ByteBuffer(string: $0) }
        }
    }

    /// What of the next text comes before the limit, or `nil` if that was reached or nothing is left.
    private func piece(upTo limit: Int) async throws -> ByteBuffer? {
        let given = state.withLock(\.given)
        guard given < limit, let text = try await source() else { return nil }
        state.withLock { $0.given += text.utf8.count }
        return ByteBuffer(bytes: text.utf8.prefix(limit - given))
    }
}
