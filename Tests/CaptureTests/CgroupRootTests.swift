// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Capture

struct CgroupRootTests {
    @Test func findsTheUnifiedMount() throws {
        let table = """
            31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
            32 31 0:29 / /proc rw - proc proc rw
            """
        #expect(try CgroupRoot.find(mountInfo: table) == "/sys/fs/cgroup")
    }

    @Test func findsTheHybridMountAndUnescapesIt() throws {
        let table = #"""
            31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs rw
            32 31 0:29 / /sys/fs/cgroup/cpu rw shared:1 master:2 - cgroup cgroup rw,cpu
            41 31 0:38 / /sys/fs/my\040cgroup rw - cgroup2 cgroup2 rw
            """#
        #expect(try CgroupRoot.find(mountInfo: table) == "/sys/fs/my cgroup")
    }

    @Test func aBindMountOfAPartIsNotTheRoot() throws {
        let table = """
            40 31 0:38 /system.slice /mnt/part rw - cgroup2 cgroup2 rw
            41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
            """
        #expect(try CgroupRoot.find(mountInfo: table) == "/sys/fs/cgroup")
    }

    @Test(arguments: ["", "garbage", "1 2 3 4 5 - cgroup2", "31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs rw"])
    func withoutOneTheErrorSaysWhatToDo(table: String) throws {
        let error = #expect(throws: CaptureError.self) { try CgroupRoot.find(mountInfo: table) }
        #expect(error?.code == .noCgroup2)
        #expect(error?.description.contains("mount -t cgroup2") == true)
    }
}
