// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Moves an exact number of bytes between two sockets, for tests that compare meters.
///
/// ```
/// TrafficGenerator serve --tcp PORT | --udp PORT --bind ADDR --exchanges N [--timeout SECONDS]
/// TrafficGenerator send  --tcp --to ADDR:PORT --bytes N --reply-bytes M [--connections K] [--chunk C]
/// TrafficGenerator send  --udp --to ADDR:PORT --bytes N --reply-bytes M [--sockets K] [--requests R] [--unconnected]
/// TrafficGenerator sockets --for PATH
/// ```
///
/// `serve` prints `ready` once it can be reached. An exchange is a TCP connection, or a datagram with its answer. Both
/// programs end by printing one line of JSON with what they moved, and exit 1 if a single byte is missing or
/// too many. After `--timeout` seconds (60 unless said) `SIGALRM` ends them. `sockets` moves nothing: see ``SocketOpener``.
@main
enum TrafficGenerator {
    static func main() {
        do {
            var arguments = Arguments(CommandLine.arguments.dropFirst())
            if let report = try run(&arguments) { print(report.json) }
            fflush(nil)
        } catch {
            let line = "TrafficGenerator: \(error)\n"
            _ = write(STDERR_FILENO, line, line.utf8.count)
            exit(1)
        }
    }

    private static func run(_ arguments: inout Arguments) throws(GeneratorError) -> Report? {
        let role = try arguments.next()
        alarm(try arguments.number("--timeout", default: 60, in: 1...3600))
        switch role {
        case "serve":
            let tcp = try arguments.number("--tcp", default: UInt16(0), in: 1...65_535)
            let udp = try arguments.number("--udp", default: UInt16(0), in: 1...65_535)
            guard (tcp == 0) != (udp == 0) else { throw .usage("serve needs either --tcp PORT or --udp PORT") }
            let address = try SocketAddress(host: arguments.value("--bind"), port: tcp == 0 ? udp : tcp)
            let exchanges = try arguments.number("--exchanges", default: 1, in: 1...1_000_000)
            try arguments.finish()
            return udp == 0
                ? try StreamServer(address: address).serve(connections: exchanges)
                : try DatagramServer(address: address).serve(requests: exchanges)
        case "send":
            let tcp = arguments.flag("--tcp")
            guard arguments.flag("--udp") != tcp else { throw .usage("send needs either --tcp or --udp") }
            let peer = try SocketAddress(arguments.value("--to"))
            return tcp ? try sendStreams(to: peer, &arguments) : try sendDatagrams(to: peer, &arguments)
        case "sockets":
            let opener = SocketOpener(path: try arguments.value("--for"))
            try arguments.finish()
            try opener.run()
            return nil
        default:
            throw .usage("the first argument is serve, send or sockets, not \(role)")
        }
    }

    private static func sendStreams(
        to peer: SocketAddress,
        _ arguments: inout Arguments
    ) throws(GeneratorError) -> Report {
        let client = StreamClient(
            peer: peer,
            request: try arguments.number("--bytes", default: Header.size, in: Header.size...(1 << 40)),
            reply: try arguments.number("--reply-bytes", default: 0, in: 0...(1 << 40)),
            chunk: try arguments.number("--chunk", default: 65_536, in: 1...(1 << 24))
        )
        let connections = try arguments.number("--connections", default: 1, in: 1...1_000_000)
        try arguments.finish()
        return try client.run(connections: connections)
    }

    private static func sendDatagrams(
        to peer: SocketAddress,
        _ arguments: inout Arguments
    ) throws(GeneratorError) -> Report {
        let client = DatagramClient(
            peer: peer,
            request: try arguments.number("--bytes", default: Header.size, in: Header.size...65_507),
            reply: try arguments.number("--reply-bytes", default: Header.size, in: Header.size...65_507),
            connected: !arguments.flag("--unconnected")
        )
        let sockets = try arguments.number("--sockets", default: 1, in: 1...10_000)
        let requests = try arguments.number("--requests", default: 1, in: 1...1_000_000)
        try arguments.finish()
        return try client.run(sockets: sockets, requestsEach: requests)
    }
}
