// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Agent

struct StartupPagesTests {
    @Test func onlyCodeFromFilesIsReleased() {
        let maps = """
            558a8afdf000-558a8d8f1000 r-xp 00000000 fe:00 16222100                   /usr/bin/netledger-agent
            558a8d8f1000-558a8da0f000 r--p 02911000 fe:00 16222100                   /usr/bin/netledger-agent
            558a8da0f000-558a8ff53000 rw-p 02a2f000 fe:00 16222100                   /usr/bin/netledger-agent
            7f0000000000-7f0000001000 r-xs 00000000 00:0e 1                          /shared
            7f0000002000-7f0000003000 r-xp 00000000 00:00 0 
            7ffd2d1f0000-7ffd2d1f2000 r-xp 00000000 00:00 0                          [vdso]
            nonsense
            """
        #expect(StartupPages.ranges(maps: maps) == [0x558a_8afd_f000..<0x558a_8d8f_1000])
    }

    /// The process goes on, and its code is there when it is used.
    @Test func whatIsReleasedComesBack() throws {
        try StartupPages.release()
        #expect((1...100).reduce(0, +) == 5050)
    }
}
