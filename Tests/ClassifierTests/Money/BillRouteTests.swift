// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite("Saved bills and allocated costs") struct BillRouteTests {
    private static let bill = """
        BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,SkuMeter,ConsumedQuantity,ConsumedUnit,RegionId
        10.00,USD,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,NatGateway-Bytes,10,GB,
        1.00,USD,2026-03-01T00:00:00Z,2026-03-03T00:00:00Z,DataTransfer-Out-Bytes,2,GB,
        7.77,USD,2026-03-01T00:00:00Z,2026-03-03T00:00:00Z,BoxUsage,48,h,

        """
    /// 2026-03-01T00:00:00Z.
    private static let march: Int64 = 1_772_323_200

    private func save(
        _ client: some TestClientProtocol,
        _ name: String,
        _ text: String = bill,
        type: String = "text/csv",
        token: String? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: type]
        headers[.authorization] = token.map { "Bearer \($0)" }
        return try await client.execute(
            uri: "/api/v1/bills?name=\(name)",
            method: .post,
            headers: headers,
            body: ByteBuffer(string: text)
        ) { $0 }
    }

    /// On the first day 4 GB of `shop` and 2 GB of `pay`, on the second 1 GB of `shop`.
    private func fill(_ client: some TestClientProtocol) async throws {
        let owners = ["shop", "pay"].map { Owner(kind: .unit, cgroupID: 1, namespace: $0, pod: "web") }
        let giga: UInt64 = 1_000_000_000
        try await client.post(
            FlowBatch.test(
                start: Self.march + 3600,
                owners: owners,
                flows: [
                    .to("93.184.216.34", owner: 0, egress: giga, ingress: 3 * giga),
                    .to("93.184.216.34", owner: 1, egress: giga, ingress: giga),
                ]
            )
        )
        try await client.post(
            FlowBatch.test(
                sequence: 2,
                start: Self.march + 86_400,
                owners: owners,
                flows: [.to("93.184.216.34", owner: 0, egress: giga)]
            )
        )
    }

    private struct Document: Decodable {
        struct Charge: Decodable {
            var line: String
            var billed: String
            var shown: String
            var elsewhere: String
            var unexplained: String
            var billed_bytes: UInt64
            var measured_bytes: UInt64
        }

        var cost_basis: String
        var complete: Bool
        var charges: [Charge]?
        var bills: [[String: String]]
    }

    @Test func aSavedBillIsAllocatedToTheCent() async throws {
        try await TestClassifier()
            .run { client in
                try await fill(client)
                let saved = try await save(client, "february-to-march")
                #expect(saved.status == .created, "\(saved.text)")
                #expect(saved.text.contains("\"other_lines\":1"))
                let range = "basis=allocated&start=2026-03-01&end=2026-03-03"
                let csv = try await client.get("/api/v1/costs?\(range)&group_by=namespace,line&format=csv")
                #expect(
                    CSVText.cells(csv.text) == [
                        ["namespace", "line", "egress_bytes", "ingress_bytes", "cost", "currency", "cost_basis"],
                        ["shop", "nat", "1000000000", "3000000000", "4.000000000000", "USD", "allocated"],
                        ["pay", "nat", "1000000000", "1000000000", "2.000000000000", "USD", "allocated"],
                        ["shop", "internet", "2000000000", "0", "0.666666666667", "USD", "allocated"],
                        ["pay", "internet", "1000000000", "0", "0.333333333333", "USD", "allocated"],
                    ]
                )
                #expect(csv.headers[HTTPField.Name("NetLedger-Complete")!] == "true")
                #expect(csv.headers[HTTPField.Name("NetLedger-Cost-Basis")!] == "allocated")
                // The first day alone, of one namespace: the rest of the bill went elsewhere.
                let json = try await client.get(
                    "/api/v1/costs?basis=allocated&start=2026-03-01&end=2026-03-02&namespace=shop"
                )
                let document = try JSONDecoder().decode(Document.self, from: Data(json.body.readableBytesView))
                #expect(document.cost_basis == "allocated" && document.complete)
                #expect(document.bills.map { $0["name"] } == ["february-to-march"])
                let charges = try #require(document.charges)
                #expect(charges.map(\.line) == ["nat", "internet"])
                #expect(
                    charges.map(\.shown) == ["4.000000000000", "0.333333333334"]
                        || charges[1].shown.hasPrefix("0.33333333333")
                )
                #expect(charges[0].elsewhere == "2.000000000000" && charges[0].unexplained == "4.000000000000")
                #expect(charges.map(\.billed) == ["10.000000000000", "1.000000000000"])
                #expect(charges.map(\.billed_bytes) == [10_000_000_000, 2_000_000_000])
                #expect(charges.map(\.measured_bytes) == [6_000_000_000, 3_000_000_000])
                let table = try await client.get("/api/v1/costs?\(range)&group_by=namespace&step=1d&format=table").text
                #expect(table.contains("COST OVER TIME") && table.contains("4.00 unexplained"), "\(table)")
                // A longer time than is billed is not complete.
                let longer = try await client.get(
                    "/api/v1/costs?basis=allocated&start=2026-02-28&end=2026-03-03&format=csv"
                )
                #expect(longer.headers[HTTPField.Name("NetLedger-Complete")!] == "false")
                #expect(
                    longer.headers[HTTPField.Name("NetLedger-Unbilled")!] == "2026-02-28T00:00:00Z/2026-03-01T00:00:00Z"
                )
            }
    }

    @Test func billsAreListedReplacedAndRemoved() async throws {
        let classifier = try TestClassifier()
        try await classifier.run { client in
            #expect(try await save(client, "a").status == .created)
            #expect(try await save(client, "a").status == .created, "the same again changes nothing")
            let twin = try await save(client, "b")
            #expect(twin.status == .conflict)
            #expect(try twin.problem().detail.contains("saved as 'a'"))
            #expect(try await save(client, "b", Self.bill.replacing("10.00", with: "11.00")).status == .created)
        }
        // They are kept over a restart.
        try await classifier.run { client in
            let list = try await client.get("/api/v1/bills").text
            #expect(list.contains("\"name\":\"a\"") && list.contains("\"name\":\"b\""), "\(list)")
            #expect(list.contains("\"start\":\"2026-03-01T00:00:00Z\",\"end\":\"2026-03-03T00:00:00Z\""))
            let document = CSVText.cells(try await client.get("/api/v1/bills?name=b").text)
            #expect(document.map { $0[0] } == ["BilledCost", "11.000000000000", "1.000000000000"])
            let both = try await client.get("/api/v1/costs?basis=allocated&start=2026-03-01&end=2026-03-03").text
            #expect(both.contains("\"billed\":\"21.000000000000\""), "\(both)")
            let one = try await client.get("/api/v1/costs?basis=allocated&bill=a&start=2026-03-01&end=2026-03-03").text
            #expect(one.contains("\"billed\":\"10.000000000000\""))
            func remove() async throws -> HTTPResponse.Status {
                try await client.execute(uri: "/api/v1/bills?name=a", method: .delete) { $0.status }
            }
            #expect(try await remove() == .ok)
            #expect(try await remove() == .notFound)
            #expect(try await client.get("/api/v1/bills?name=a").status == .notFound)
            #expect(try await client.get("/api/v1/costs?basis=allocated&bill=a").status == .notFound)
        }
    }

    @Test(
        arguments: [
            ("october", "a,b\n1,2\n", "text/csv", 400, "the columns are neither"),
            ("october", "", "text/csv", 400, "the bill is empty"),
            ("october", bill.replacing("10.00", with: "ten"), "text/csv", 400, "line 2: the cost 'ten'"),
            ("october", String(bill.split(separator: "\n")[0]), "text/csv", 400, "None of the 0 lines"),
            ("october", bill, "application/json", 415, "text/csv"), ("a%2Fb", bill, "text/csv", 400, "1 to 64 letters"),
        ] as [(String, String, String, Int, String)]
    )
    func whatCannotBeSavedIsSaid(name: String, text: String, type: String, status: Int, reason: String) async throws {
        try await TestClassifier()
            .run { client in
                let response = try await save(client, name, text, type: type)
                #expect(Int(response.status.code) == status, "\(response.text)")
                #expect(try response.problem().detail.contains(reason))
                #expect(try await client.get("/api/v1/bills").text == "{\"bills\":[]}")
            }
    }

    @Test(arguments: [
        ("basis=allocated", 409, "basis"), ("basis=both", 400, "basis"), ("bill=a", 400, "bill"),
        ("basis=allocated&line=none", 400, "line"), ("basis=allocated&colour=red", 400, "colour"),
    ])
    func aWrongQuestionIsNamed(query: String, status: Int, parameter: String) async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get("/api/v1/costs?\(query)")
                #expect(Int(response.status.code) == status, "\(response.text)")
                #expect(try response.problem().parameter == parameter)
            }
    }

    /// The split needs everybody's bytes; what is told is a reader's own.
    @Test func aLimitedReaderSeesItsOwnPart() async throws {
        let access = """
            agents: anyone
            readers:
              - token: everything
              - token: shop
                namespaces: [shop]
            """
        try await TestClassifier(access: access)
            .run { client in
                try await fill(client)
                #expect(try await save(client, "march", token: "shop").status == .forbidden)
                #expect(try await save(client, "march", token: "everything").status == .created)
                let answer =
                    try await client.get(
                        "/api/v1/costs?basis=allocated&start=2026-03-01&end=2026-03-03&group_by=namespace",
                        token: "shop"
                    )
                    .text
                #expect(answer.contains("\"cost\":\"4.66666666666"), "\(answer)")
                #expect(!answer.contains("pay") && !answer.contains("charges") && !answer.contains("10.0000"))
            }
    }
}
