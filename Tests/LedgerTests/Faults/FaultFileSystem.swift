// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDBSQLite

/// A file system of SQLite's that tells ``disk`` of every write in the directory that it watches.
///
/// It becomes the default of this process; all other files go to SQLite's own.
enum FaultFileSystem {
    static let disk = FaultDisk()
    /// SQLITE_IOERR_WRITE, which is a macro of macros.
    static let ioError: CInt = SQLITE_IOERR | 3 << 8

    /// What stands before the real file in the memory that SQLite gives us.
    private struct Head {
        var base: sqlite3_file
        /// The path, as an unmanaged box; `nil` if the file is not watched.
        var path: UnsafeMutableRawPointer?
    }

    private final class Path {
        let text: String

        init(_ text: String) {
            self.text = text
        }
    }

    nonisolated(unsafe) private static var real: UnsafeMutablePointer<sqlite3_vfs>?

    private typealias File = UnsafeMutablePointer<sqlite3_file>

    /// Both live as long as the process.
    nonisolated(unsafe) private static let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    nonisolated(unsafe) private static let system = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)

    /// Registers the file system once.
    static let isInstalled: Bool = {
        guard let found = sqlite3_vfs_find(nil) else { return false }
        real = found
        system.initialize(to: found.pointee)
        methods.initialize(to: sqlite3_io_methods())
        system.pointee.pNext = nil
        system.pointee.szOsFile = found.pointee.szOsFile + CInt(MemoryLayout<Head>.stride)
        system.pointee.zName = UnsafePointer(strdup("netledger-faults"))
        system.pointee.xOpen = { _, name, file, flags, outFlags in
            guard let file, let real else { return SQLITE_CANTOPEN }
            let path = name.map { String(cString: $0) }
            let isWatched = path.map(disk.watches) ?? false
            let result = real.pointee.xOpen(real, name, inner(file), flags, outFlags)
            let head = UnsafeMutableRawPointer(file).assumingMemoryBound(to: Head.self)
            head.pointee.path = nil
            head.pointee.base.pMethods = nil
            guard inner(file)?.pointee.pMethods != nil else { return result }
            if isWatched, let path {
                head.pointee.path = Unmanaged.passRetained(Path(path)).toOpaque()
                disk.opened(path)
            }
            head.pointee.base.pMethods = UnsafePointer(methods)
            return result
        }
        system.pointee.xDelete = { _, name, sync in
            guard let real else { return SQLITE_IOERR }
            let result = real.pointee.xDelete(real, name, sync)
            if let name { disk.deleted(String(cString: name)) }
            return result
        }
        setMethods()
        return sqlite3_vfs_register(system, 1) == SQLITE_OK
    }()

    private static func head(_ file: File?) -> UnsafeMutablePointer<Head>? {
        file.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: Head.self) }
    }

    /// The real file, which stands behind our head.
    private static func inner(_ file: File?) -> File? {
        file.map {
            (UnsafeMutableRawPointer($0) + MemoryLayout<Head>.stride).assumingMemoryBound(to: sqlite3_file.self)
        }
    }

    private static func path(_ file: File?) -> String? {
        head(file)?.pointee.path.map { Unmanaged<Path>.fromOpaque($0).takeUnretainedValue().text }
    }

    /// The methods of the real file; SQLite calls none of a file that is not open.
    private static func call(_ file: File?) -> sqlite3_io_methods {
        guard let methods = inner(file)?.pointee.pMethods else { preconditionFailure("the file is not open") }
        return methods.pointee
    }

    private static func setMethods() {
        methods.pointee.iVersion = 2
        methods.pointee.xClose = { file in
            let result = FaultFileSystem.call(file).xClose(FaultFileSystem.inner(file))
            if let box = FaultFileSystem.head(file)?.pointee.path { Unmanaged<Path>.fromOpaque(box).release() }
            FaultFileSystem.head(file)?.pointee.path = nil
            return result
        }
        methods.pointee.xRead = { FaultFileSystem.call($0).xRead(FaultFileSystem.inner($0), $1, $2, $3) }
        methods.pointee.xWrite = { file, bytes, count, offset in
            let buffer = UnsafeRawBufferPointer(start: bytes, count: Int(count))
            if let path = FaultFileSystem.path(file),
                let failure = FaultFileSystem.disk.write(path, offset: Int(offset), buffer)
            {
                return failure
            }
            return FaultFileSystem.call(file).xWrite(FaultFileSystem.inner(file), bytes, count, offset)
        }
        methods.pointee.xTruncate = { file, size in
            if let path = FaultFileSystem.path(file), let failure = FaultFileSystem.disk.truncate(path, to: Int(size)) {
                return failure
            }
            return FaultFileSystem.call(file).xTruncate(FaultFileSystem.inner(file), size)
        }
        methods.pointee.xSync = { file, flags in
            if let path = FaultFileSystem.path(file), let failure = FaultFileSystem.disk.synchronize(path) {
                return failure
            }
            // Nobody cuts the real power: the test's own time is spared.
            return FaultFileSystem.path(file) == nil
                ? FaultFileSystem.call(file).xSync(FaultFileSystem.inner(file), flags) : SQLITE_OK
        }
        methods.pointee.xFileSize = { FaultFileSystem.call($0).xFileSize(FaultFileSystem.inner($0), $1) }
        methods.pointee.xLock = { FaultFileSystem.call($0).xLock(FaultFileSystem.inner($0), $1) }
        methods.pointee.xUnlock = { FaultFileSystem.call($0).xUnlock(FaultFileSystem.inner($0), $1) }
        methods.pointee.xCheckReservedLock = {
            FaultFileSystem.call($0).xCheckReservedLock(FaultFileSystem.inner($0), $1)
        }
        methods.pointee.xFileControl = { FaultFileSystem.call($0).xFileControl(FaultFileSystem.inner($0), $1, $2) }
        methods.pointee.xSectorSize = { FaultFileSystem.call($0).xSectorSize(FaultFileSystem.inner($0)) }
        // No promises beyond those of a plain FaultFileSystem.disk.
        methods.pointee.xDeviceCharacteristics = {
            FaultFileSystem.path($0) == nil
                ? FaultFileSystem.call($0).xDeviceCharacteristics(FaultFileSystem.inner($0)) : 0
        }
        methods.pointee.xShmMap = { FaultFileSystem.call($0).xShmMap(FaultFileSystem.inner($0), $1, $2, $3, $4) }
        methods.pointee.xShmLock = { FaultFileSystem.call($0).xShmLock(FaultFileSystem.inner($0), $1, $2, $3) }
        methods.pointee.xShmBarrier = { FaultFileSystem.call($0).xShmBarrier(FaultFileSystem.inner($0)) }
        methods.pointee.xShmUnmap = { FaultFileSystem.call($0).xShmUnmap(FaultFileSystem.inner($0), $1) }
    }
}
