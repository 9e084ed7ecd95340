// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Queries

@Suite struct SparklineTests {
    @Test(
        arguments: [
            ([], "", 40), ([0, 1, 7], "▁▂█", 40), ([0, 0], "▁▁", 40), ([5], "█", 40), ([-3, 8], "▁█", 40),
            ([1, 1, 3, 3, 1], "▃█▂", 3),
        ] as [([Int128], String, Int)]
    )
    func theHighestIsTheHighestBar(values: [Int128], text: String, most: Int) {
        #expect(Sparkline.text(values, most: most) == text)
    }
}
