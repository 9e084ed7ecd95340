// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TestSupport

@testable import Ledger

/// A disk below SQLite whose power can be cut before any of its operations, or which refuses to write.
///
/// It remembers for each file what was synchronized, and every write since: after a cut, any of those may be on the
/// disk or not, each in whole sectors.
final class FaultDisk: Sendable {
    /// What fails.
    enum Fault: Sendable {
        /// Nothing.
        case none
        /// Everything from this operation on; the disk keeps what it may keep after a power cut.
        case cut(before: Int)
        /// Each write, with this SQLite result.
        case refusal(CInt)
    }

    private enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncation(size: Int)
    }

    private struct File {
        var synced: [UInt8] = []
        var changes: [Change] = []
    }

    private struct State {
        var directory: String?
        var fault = Fault.none
        var operations = 0
        var files: [String: File] = [:]
        var isCut = false
    }

    private let state = Mutex(State())
    private static let sector = 512

    /// Takes over the files of `directory`, whose content is on the disk, and counts from zero.
    func watch(_ directory: String?, fault: Fault = .none) {
        state.withLock { $0 = State(directory: directory, fault: fault) }
    }

    /// Changes what fails from now on.
    func set(_ fault: Fault) {
        state.withLock { $0.fault = fault }
    }

    /// Writes and synchronizations so far.
    var operations: Int {
        state.withLock { $0.operations }
    }

    func watches(_ path: String) -> Bool {
        state.withLock { state in state.directory.map { path.hasPrefix($0 + "/") } ?? false }
    }

    /// Notes that `path` is open: it is as the disk has it, or new, or was just given this name.
    func opened(_ path: String) {
        state.withLock { state in
            guard state.files[path] == nil else { return }
            let before = path + LedgerCreation.suffix
            if !state.isCut, access(before, F_OK) != 0, let file = state.files.removeValue(forKey: before) {
                state.files[path] = file
            } else {
                state.files[path] = File(synced: Array(FileManager.default.contents(atPath: path) ?? Data()))
            }
        }
    }

    func deleted(_ path: String) {
        state.withLock { state in
            if !state.isCut { state.files[path] = nil }
        }
    }

    /// Notes a write; the result that SQLite gets instead, or `nil` if it may go on.
    func write(_ path: String, offset: Int, _ bytes: UnsafeRawBufferPointer) -> CInt? {
        change(path, .write(offset: offset, bytes: Array(bytes)))
    }

    func truncate(_ path: String, to size: Int) -> CInt? {
        change(path, .truncation(size: size))
    }

    func synchronize(_ path: String) -> CInt? {
        state.withLock { state in
            if let failure = Self.begin(&state, isWrite: false) { return failure }
            guard var file = state.files[path] else { return nil }
            for change in file.changes { Self.apply(change, to: &file.synced, sectors: { _ in true }) }
            file.changes = []
            state.files[path] = file
            return nil
        }
    }

    /// True once the power was cut.
    var isCut: Bool {
        state.withLock { $0.isCut }
    }

    /// What is on the disk after the cut, by path: what was synchronized, and of the rest what `random` says.
    func remains(_ random: inout SeededRandom) -> [String: [UInt8]] {
        let files = state.withLock { $0.files }
        var remains: [String: [UInt8]] = [:]
        for (path, file) in files.sorted(by: { $0.key < $1.key }) {
            var bytes = file.synced
            // All, none, or some of it: an ordered disk, a lazy one, and any other.
            let mode = Int.random(in: 0..<3, using: &random)
            for change in file.changes {
                Self.apply(change, to: &bytes) { _ in
                    mode == 0 || mode == 1 && Bool.random(using: &random)
                }
            }
            remains[path] = bytes
        }
        return remains
    }

    private func change(_ path: String, _ change: Change) -> CInt? {
        state.withLock { state in
            if let failure = Self.begin(&state, isWrite: true) { return failure }
            state.files[path, default: File()].changes.append(change)
            return nil
        }
    }

    private static func begin(_ state: inout State, isWrite: Bool) -> CInt? {
        if case .cut(let operation) = state.fault, state.operations >= operation { state.isCut = true }
        if state.isCut { return FaultFileSystem.ioError }
        state.operations += 1
        if case .refusal(let code) = state.fault, isWrite { return code }
        return nil
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8], sectors isKept: (Int) -> Bool) {
        switch change {
        case .truncation(let size):
            if isKept(0), size < bytes.count { bytes.removeSubrange(size...) }
        case .write(let offset, let written):
            var start = 0
            while start < written.count {
                let end = min(written.count, ((offset + start) / sector + 1) * sector - offset)
                if isKept(start) {
                    if bytes.count < offset + end {
                        bytes += Array(repeating: 0, count: offset + end - bytes.count)
                    }
                    bytes.replaceSubrange((offset + start)..<(offset + end), with: written[start..<end])
                }
                start = end
            }
        }
    }
}
