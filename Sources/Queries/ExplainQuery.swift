// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// A question why an address is judged as it is: the parameters of `/api/v1/explain`.
public struct ExplainQuery: Hashable, Sendable {
    /// From where the address is judged.
    public enum Local: Hashable, Sendable {
        /// From nowhere that is known.
        case unknown
        /// From a place.
        case place(region: String, zone: String)
        /// From a node that has sent batches.
        case node(String)
        /// From the pod or the node that has an address.
        case address(IPAddress)
    }

    /// The address that is judged.
    public var remote: IPAddress
    /// From where.
    public var local: Local
    /// The port at the peer and its protocol, if the peer accepted; `nil` if that is not asked about.
    public var port: Port?

    /// A port of a protocol.
    public struct Port: Hashable, Sendable {
        /// The transport protocol.
        public var ipProtocol: IPProtocol
        /// The number.
        public var number: UInt16
    }

    /// When, in seconds since 1970-01-01T00:00:00Z.
    public var at: Int64
    /// How the answer is written; `nil` if it is not said.
    public var format: AnswerFormat?
    /// What whoever asks may see: a node is known to them if it has bytes of that.
    public var visibility: Visibility

    /// The question that `parameters` ask.
    ///
    /// - `remote`: an IP address; required.
    /// - `local`: `region/zone`, of which either may be empty, a node's name, or the address of a pod or a node.
    /// - `port`: the port at the address, such as `443` or `53/udp`; TCP if no protocol is named.
    /// - `at`: a time as in usage queries; the default is now.
    /// - `format`: `json` or `table`.
    ///
    /// - Parameter now: Seconds since 1970-01-01T00:00:00Z.
    /// - Throws: An error that names the parameter.
    public init(parameters: QueryParameters, now: Int64) throws(QueryError) {
        visibility = parameters.visibility
        var values: [String: String] = [:]
        let known = ["remote", "local", "port", "at", "format"]
        for (name, value) in parameters.pairs {
            guard known.contains(name) else {
                let detail = "is not a parameter; accepted are \(known.joined(separator: ", "))"
                throw QueryError(parameter: name, detail: detail)
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw QueryError(parameter: name, detail: "is given more than once; it takes one value")
            }
        }
        guard let text = values["remote"] else {
            throw QueryError(parameter: "remote", detail: "is missing; it is the address to explain, such as 10.1.2.3")
        }
        guard let remote = IPAddress(text) else {
            throw QueryError(parameter: "remote", detail: "\(QueryError.quoted(text)) is not an IP address")
        }
        self.remote = remote
        local = try Self.local(values["local"] ?? "")
        port = try values["port"].map(Self.port)
        at =
            try values["at"]
            .map { text throws(QueryError) in
                try ParameterReader.moment(text, "at", now: now).seconds
            } ?? now
        guard let format = values["format"] else { return }
        guard let format = AnswerFormat(rawValue: format), format != .csv else {
            throw QueryError(
                parameter: "format",
                detail: "\(QueryError.quoted(format)) is not accepted; choose from json, table"
            )
        }
        self.format = format
    }

    private static func port(_ text: String) throws(QueryError) -> Port {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let protocols = ["tcp": IPProtocol.tcp, "udp": .udp, "sctp": IPProtocol(rawValue: 132)]
        guard parts.count <= 2, let number = UInt16(parts[0]),
            let ipProtocol = protocols[parts.count == 2 ? parts[1] : "tcp"]
        else {
            throw QueryError(
                parameter: "port",
                detail: "\(QueryError.quoted(text)) is not a port, such as 443, 443/tcp, 53/udp or 9/sctp"
            )
        }
        return Port(ipProtocol: ipProtocol, number: number)
    }

    private static func local(_ text: String) throws(QueryError) -> Local {
        guard !text.isEmpty else { return .unknown }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return IPAddress(text).map { .address($0) } ?? .node(text)
        case 2: return .place(region: parts[0], zone: parts[1])
        default:
            throw QueryError(
                parameter: "local",
                detail: "\(QueryError.quoted(text)) is neither region/zone nor the name of a node nor an address"
            )
        }
    }
}
