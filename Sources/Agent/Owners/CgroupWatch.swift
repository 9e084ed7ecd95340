// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Synchronization

/// Notes every cgroup that is made, as it is made: one that comes and goes between two drains would never be seen by
/// walking the tree, and the bytes of a Job that ran two seconds would be nobody's.
///
/// The kernel tells of new directories (inotify). Where it cannot, because a limit of the host's is reached, the walks
/// still find what lives long enough.
final class CgroupWatch: Sendable {
    private struct State {
        /// Paths below the root by watch.
        var paths: [CInt: String] = [:]
        /// Paths by id that nobody has taken yet.
        var noted: [UInt64: String] = [:]
        /// Directories that could not be watched.
        var refusals = 0
    }

    /// Cgroups that are noted and not taken at most; those that still exist make room first.
    private static let limit = 16_384
    private static let mask = UInt32(IN_CREATE) | UInt32(IN_MOVED_TO) | UInt32(IN_ONLYDIR) | UInt32(IN_DONT_FOLLOW)

    private let root: String
    /// The inotify instance; negative if there is none.
    private let descriptor: CInt
    /// A pipe whose writing end is closed when the watching is to end.
    private let ending: (read: CInt, write: CInt)
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    /// Watches all directories below `root`, a cgroup v2 directory, from now on.
    init(root: String) {
        self.root = root
        descriptor = inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC))
        var ends: [CInt] = [-1, -1]
        // Without a pipe the ends stay negative.
        pipe(&ends)
        ending = (ends[0], ends[1])
        guard isWatching else { return }
        watch("")
        DispatchQueue(label: "netledger.cgroups").async { self.listen() }
    }

    private var isWatching: Bool {
        descriptor >= 0 && ending.read >= 0
    }

    /// Why not every cgroup is watched; `nil` if all are.
    var refusal: String? {
        guard isWatching else {
            return "the kernel gave no inotify instance; raise fs.inotify.max_user_instances"
        }
        let refusals = state.withLock { $0.refusals }
        guard refusals > 0 else { return nil }
        return "\(refusals) cgroups cannot be watched; raise fs.inotify.max_user_watches"
    }

    /// The paths of the cgroups that were made since the last time, by id; they may be gone already.
    func take() -> [UInt64: String] {
        state.withLock { state in
            defer { state.noted = [:] }
            return state.noted
        }
    }

    /// Ends the watching.
    func end() {
        guard isWatching else { return }
        close(ending.write)
        ended.wait()
        close(descriptor)
        close(ending.read)
    }

    /// Watches the directory at `path` and all below it; notes those below.
    ///
    /// A directory is watched before it is read, so that no child can be missed in between.
    private func watch(_ path: String) {
        var pending = [path]
        while let parent = pending.popLast() {
            let watch = inotify_add_watch(descriptor, root + parent, Self.mask)
            guard watch >= 0 else {
                // One that is gone needs no watch.
                if errno != ENOENT { state.withLock { $0.refusals += 1 } }
                continue
            }
            state.withLock { $0.paths[watch] = parent }
            guard let directory = opendir(root + parent) else { continue }
            defer { closedir(directory) }
            while let entry = CgroupTree.nextDirectory(in: directory) {
                let child = parent + "/" + entry.name
                note(child, id: entry.id)
                pending.append(child)
            }
        }
    }

    private func note(_ path: String, id: UInt64) {
        state.withLock { state in
            if state.noted.count >= Self.limit {
                state.noted = state.noted.filter { access(root + $0.value, F_OK) != 0 }
                if state.noted.count >= Self.limit { state.noted = [:] }
            }
            state.noted[id] = path
        }
    }

    private func listen() {
        defer { ended.signal() }
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: ending.read, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard poll(&polled, 2, -1) > 0 || errno == EINTR else { return }
            if polled[1].revents != 0 { return }
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 { handle(buffer[..<count]) }
        }
    }

    /// Handles events as the kernel writes them: watch, mask, cookie and length of the name, then the name.
    private func handle(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while rest.count >= 16 {
            let fields = rest.withUnsafeBytes { raw in
                (0..<4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
            }
            let name = rest.dropFirst(16).prefix(Int(fields[3]))
            rest = rest.dropFirst(16 + Int(fields[3]))
            let watch = CInt(bitPattern: fields[0])
            if fields[1] & UInt32(IN_Q_OVERFLOW) != 0 {
                // What was lost is found again, unless it is gone.
                self.watch("")
            } else if fields[1] & UInt32(IN_IGNORED) != 0 {
                state.withLock { $0.paths[watch] = nil }
            } else if fields[1] & UInt32(IN_ISDIR) != 0, let parent = state.withLock({ $0.paths[watch] }) {
                let path = parent + "/" + String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                var status = stat()
                guard stat(root + path, &status) == 0 else { continue }
                note(path, id: UInt64(status.st_ino))
                self.watch(path)
            }
        }
    }
}
