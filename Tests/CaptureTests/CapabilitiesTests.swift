// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Capture

struct CapabilitiesTests {
    private func missing(_ mask: String) throws -> [Capability] {
        try #require(Capabilities(status: "Name:\tx\nCapEff:\t\(mask)\n")).missing
    }

    @Test func twoAreRequired() throws {
        #expect(try missing("0000008000001000").isEmpty)
        #expect(try missing("0000000000001000") == [.bpf])
        #expect(try missing("0000008000000000") == [.netAdmin])
        #expect(try missing("0000004000000000") == [.bpf, .netAdmin])
    }

    @Test func theOldCapabilityIncludesTheNewOnes() throws {
        let capabilities = try #require(Capabilities(status: "CapEff:\t0000000000201000"))
        #expect(capabilities.missing.isEmpty)
        #expect(capabilities.effective == Set(Capability.allCases))
    }

    @Test func whatCannotBeReadIsNotGuessed() {
        #expect(Capabilities(status: "CapEff:\tnothing\n") == nil)
        #expect(Capabilities(status: "") == nil)
    }
}
