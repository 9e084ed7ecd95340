// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// Debian's Prometheus, scraping one target every second.
final class PrometheusServer {
    /// The answer to an instant query: one value per series, as text, exactly as Prometheus prints it.
    struct Vector: Decodable {
        struct Series: Decodable {
            var metric: [String: String]
            var values: [Sample]

            private enum CodingKeys: String, CodingKey {
                case metric
                case value
                case values
            }

            init(from decoder: any Decoder) throws {
                let fields = try decoder.container(keyedBy: CodingKeys.self)
                metric = try fields.decode([String: String].self, forKey: .metric)
                values =
                    try fields.decodeIfPresent([Sample].self, forKey: .values)
                    ?? [fields.decode(Sample.self, forKey: .value)]
            }
        }

        /// A pair of seconds since 1970 and a number in text.
        struct Sample: Decodable, Hashable {
            var seconds: Double
            var value: String

            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                seconds = try pair.decode(Double.self)
                value = try pair.decode(String.self)
            }
        }

        struct Body: Decodable {
            var result: [Series]
        }

        var data: Body
    }

    private let process: ChildProcess
    private let url: String

    /// Starts a server that scrapes `target`, a `host:port`, in the cgroup of `deployment`; waits until it answers.
    init(scraping target: String, in deployment: Deployment) async throws {
        let port = try LoopbackPort.free()
        url = "http://127.0.0.1:\(port)"
        let configuration = """
            global: { scrape_interval: 1s, scrape_timeout: 1s }
            scrape_configs:
              - job_name: netledger
                static_configs: [ { targets: ["\(target)"] } ]

            """
        let file = deployment.folder.file("prometheus.yml")
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        process = try deployment.start(
            [
                "prometheus", "--config.file=\(file)", "--web.listen-address=127.0.0.1:\(port)",
                "--storage.tsdb.path=\(deployment.folder.file("prometheus"))", "--log.level=warn",
            ],
            log: "prometheus.log"
        )
        try await waitUntil("Prometheus is ready") { [process, url] in
            if process.exitStatus != nil { throw LaunchError("prometheus ended: \(process.output)") }
            // Until it listens, the connection is refused.
            return (try? await HTTPAnswer.get(url + "/-/ready").status) == 200
        }
    }

    /// The result of `expression` at `seconds` since 1970, or now.
    func query(_ expression: String, at seconds: Double? = nil) async throws -> [Vector.Series] {
        var parameters = [(name: "query", value: expression)]
        if let seconds { parameters.append((name: "time", value: String(format: "%.3f", seconds))) }
        return try await HTTPAnswer.get(url + "/api/v1/query", parameters).decoded(Vector.self).data.result
    }

    /// Ends the server cleanly.
    func stop() async throws {
        process.signal(SIGTERM)
        try await process.waitForSuccess()
    }
}
