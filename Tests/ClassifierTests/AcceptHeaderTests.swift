// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Classifier

@Suite struct AcceptHeaderTests {
    @Test(
        arguments: [
            (nil, "application/json"),
            ("", "application/json"),
            ("*/*", "application/json"),
            ("text/csv", "text/csv"),
            ("TEXT/CSV", "text/csv"),
            ("text/*", "text/csv"),
            ("text/plain", "text/plain"),
            ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
            ("text/csv; q=0.5 , application/json", "application/json"),
            ("text/csv;header=present;q=1, */*;q=0.1", "text/csv"),
            ("application/json;q=0, */*", "text/csv"),
            ("text/*;q=0.9, text/csv;q=0.1, application/*;q=0.5", "text/plain"),
            ("text/csv;q=high, application/json;q=0.9", "text/csv"),
            ("nonsense", "application/json"),
            ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
            ("image/png", nil),
            ("text/csv;q=0", nil),
            ("application/json;q=0, text/*;q=0", nil),
        ] as [(String?, String?)]
    )
    func theGreatestWeightWins(header: String?, expected: String?) {
        let offers = ["application/json", "text/csv", "text/plain"]
        #expect(AcceptHeader(header).best(of: offers) == expected)
    }
}
