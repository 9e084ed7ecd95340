// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TestSupport

@testable import Agent

/// Files in memory that fail or stop at any step, with part of a write done.
final class FaultyDisk: SpoolFiles {
    /// The process is no more: nothing that it asks for happens.
    struct Killed: Error {}

    /// What happens to an operation that changes something.
    enum Fault {
        /// Part of a write is done, and the process ends.
        case kill
        /// Part of a write is done, and the system reports a failure.
        case failure
    }

    struct State {
        var random: SeededRandom
        var files: [String: [UInt8]] = [:]
        /// Operations that succeed before the fault; no fault if `nil`.
        var fuse: Int?
        var fault = Fault.kill
        /// True from a kill to ``revive()``.
        var isDead = false
        /// True while every change fails.
        var isReadOnly = false
        /// Operations that change something, so far.
        var steps = 0
    }

    let state: Mutex<State>

    init(_ random: SeededRandom) {
        state = Mutex(State(random: random))
    }

    /// The files' content.
    var files: [String: [UInt8]] {
        get { state.withLock { $0.files } }
        set { state.withLock { $0.files = newValue } }
    }

    /// Operations that change something, so far.
    var steps: Int {
        state.withLock { $0.steps }
    }

    var isDead: Bool {
        state.withLock { $0.isDead }
    }

    /// After `steps` more changes comes `fault`.
    func arm(_ fault: Fault, after steps: Int) {
        state.withLock {
            $0.fuse = steps
            $0.fault = fault
        }
    }

    /// Makes every change fail, or none.
    func setReadOnly(_ isReadOnly: Bool) {
        state.withLock { $0.isReadOnly = isReadOnly }
    }

    /// The next process: what was written is there.
    func revive() {
        state.withLock {
            $0.isDead = false
            $0.fuse = nil
            $0.isReadOnly = false
        }
    }

    func list() throws -> [String] {
        try state.withLock { state in
            if state.isDead { throw Killed() }
            return Array(state.files.keys)
        }
    }

    func size(of name: String) throws -> Int {
        try content(name).count
    }

    func read(_ name: String, at offset: Int, count: Int) throws -> [UInt8] {
        Array(try content(name).dropFirst(offset).prefix(count))
    }

    func write(_ bytes: [UInt8], to name: String, at offset: Int) throws {
        try state.withLock { state in
            let fault = try state.step()
            let done = fault == nil ? bytes.count : Int.random(in: 0...bytes.count, using: &state.random)
            var file = state.files[name] ?? []
            if file.count < offset + done { file += [UInt8](repeating: 0, count: offset + done - file.count) }
            file.replaceSubrange(offset..<offset + done, with: bytes.prefix(done))
            state.files[name] = file
            if let fault { throw fault }
        }
    }

    func truncate(_ name: String, to size: Int) throws {
        try state.withLock { state in
            if let fault = try state.step() { throw fault }
            state.files[name] = state.files[name].map { Array($0.prefix(size)) }
        }
    }

    func sync(_: String) throws {
        try state.withLock { if let fault = try $0.step() { throw fault } }
    }

    func syncDirectory() throws {
        try state.withLock { if let fault = try $0.step() { throw fault } }
    }

    func remove(_ name: String) throws {
        try state.withLock { state in
            if let fault = try state.step() { throw fault }
            state.files[name] = nil
        }
    }

    private func content(_ name: String) throws -> [UInt8] {
        try state.withLock { state in
            if state.isDead { throw Killed() }
            guard let file = state.files[name] else { throw SpoolError("\(name) is not there") }
            return file
        }
    }
}

extension FaultyDisk.State {
    /// Counts a change; the error that it is to end with, if any.
    fileprivate mutating func step() throws -> (any Error)? {
        if isDead { throw FaultyDisk.Killed() }
        steps += 1
        if isReadOnly { throw SpoolError("read-only file system") }
        guard let left = fuse else { return nil }
        fuse = left - 1
        guard left == 0 else { return nil }
        fuse = nil
        switch fault {
        case .kill:
            isDead = true
            return FaultyDisk.Killed()
        case .failure: return SpoolError("no space left on device")
        }
    }
}
