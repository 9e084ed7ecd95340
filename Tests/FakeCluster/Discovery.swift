// SPDX-License-Identifier: Apache-2.0

/// What the API says about itself, enough for `kubectl` to find the kinds of a ``FakeCluster``.
enum Discovery {
    /// The answer at `path`, or `nil` if it is no path of discovery.
    static func answer(path: String) -> String? {
        switch path {
        case "/version":
            return #"{"major":"1","minor":"34","gitVersion":"v1.34.0","platform":"linux/amd64"}"#
        case "/api":
            return #"{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]}"#
        case "/apis":
            let groups = Set(FakeKind.all.map(\.apiVersion)).filter { $0.contains("/") }.sorted()
                .map { version in
                    let entry = "{\"groupVersion\":\"\(version)\",\"version\":\"\(version.split(separator: "/")[1])\"}"
                    return """
                        {"name":"\(version.split(separator: "/")[0])","versions":[\(entry)],"preferredVersion":\(entry)}
                        """
                }
            return "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[\(groups.joined(separator: ","))]}"
        default:
            let kinds = FakeKind.all.filter { $0.group == path }
            guard let first = kinds.first else { return nil }
            let resources = kinds.map { kind in
                """
                {"name":"\(kind.plural)","singularName":"\(kind.name.lowercased())","namespaced":\(kind.isNamespaced),\
                "kind":"\(kind.name)","verbs":["get","list","watch"]}
                """
            }
            return """
                {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"\(first.apiVersion)",\
                "resources":[\(resources.joined(separator: ","))]}
                """
        }
    }
}
