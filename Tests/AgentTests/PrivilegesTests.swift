// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Agent

struct PrivilegesTests {
    @Test(arguments: [
        ("000001ffffffffff", []),
        // CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN
        ("000000c000001000", []),
        // CAP_SYS_ADMIN stands for the two that were split from it.
        ("0000000000201000", []),
        ("0000000000200000", ["CAP_NET_ADMIN"]),
        ("0000004000001000", ["CAP_BPF"]),
        // CAP_PERFMON is not needed.
        ("0000008000001000", []),
        ("0000000000000000", ["CAP_BPF", "CAP_NET_ADMIN"]),
    ])
    func whatIsMissing(mask: String, missing: [String]) {
        let status = "Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t\(mask)\nCapBnd:\t0\n"
        #expect(Privileges(status: status).missing == missing)
    }

    @Test func anUnreadableStatusLeavesItToTheKernel() {
        #expect(Privileges(status: "").missing.isEmpty)
        #expect(Privileges(status: "CapEff:\tnothing\n").missing.isEmpty)
    }

    @Test func theErrorSaysWhatToDo() throws {
        let error = #expect(throws: AgentError.self) {
            try Privileges(status: "CapEff:\t0000000000200000\n").check()
        }
        #expect(error?.description.contains("CAP_NET_ADMIN is missing. Run it as root") == true)
        try Privileges(status: "CapEff:\tffffffffffffffff\n").check()
    }
}
