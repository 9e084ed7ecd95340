// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// Settings that every target shares. Each flag names its Swift Evolution proposal.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .treatAllWarnings(as: .error),  // SE-0480
]

// Pure targets touch no memory by hand (SE-0458).
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioFoundationCompat: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "netledger",
    products: [
        .executable(name: "netledger-agent", targets: ["Agent"]),
        .executable(name: "netledger-classifier", targets: ["Classifier"]),
        .executable(name: "netledger", targets: ["CLI"]),
        // For Tests/Benchmarks and Tests/Fuzz, which are packages of their own.
        .library(name: "Bookkeeping", targets: ["Bookkeeping"]),
        .library(name: "CLibBPF", targets: ["CLibBPF"]),
        .library(name: "Capture", targets: ["Capture"]),
        .library(name: "Classification", targets: ["Classification"]),
        .library(name: "FakeCluster", targets: ["FakeCluster"]),
        .library(name: "Feeds", targets: ["Feeds"]),
        .library(name: "Kubernetes", targets: ["Kubernetes"]),
        .library(name: "Ledger", targets: ["Ledger"]),
        .library(name: "Pricing", targets: ["Pricing"]),
        .library(name: "Queries", targets: ["Queries"]),
        .library(name: "Settings", targets: ["Settings"]),
        .library(name: "TestSupport", targets: ["TestSupport"]),
        .library(name: "Traffic", targets: ["Traffic"]),
        .library(name: "Wire", targets: ["Wire"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Pure: values and rules, no I/O.
        .target(name: "Traffic", swiftSettings: pure),
        .target(
            name: "Classification",
            dependencies: ["Traffic", .product(name: "HashTreeCollections", package: "swift-collections")],
            swiftSettings: pure
        ),
        .target(name: "Pricing", dependencies: ["Traffic"], swiftSettings: pure),
        .target(name: "Queries", dependencies: ["Pricing", "Traffic"], swiftSettings: pure),
        .target(name: "Exposition", swiftSettings: pure),

        // Adapters: one outside thing each; they import pure targets, never each other.
        .target(
            name: "Wire",
            dependencies: ["Traffic", protobuf],
            exclude: ["flow_batch.proto"],
            swiftSettings: strict
        ),
        .target(name: "Feeds", dependencies: ["Classification", "Traffic"], swiftSettings: strict),
        .target(
            name: "Settings",
            dependencies: ["Pricing", "Queries", "Traffic", crypto, yams],
            swiftSettings: strict
        ),
        .target(
            name: "Kubernetes",
            dependencies: [
                httpClient, nioCore, nioFoundationCompat, nioHTTP1, nioPosix, nioSSL, subprocess, systemPackage, yams,
            ],
            swiftSettings: strict
        ),
        .target(name: "Identity", dependencies: [nioSSL], swiftSettings: strict),
        .target(name: "Zones", dependencies: ["Queries"], swiftSettings: strict),
        .systemLibrary(name: "CLibBPF", pkgConfig: "libbpf", providers: [.apt(["libbpf-dev"])]),
        .systemLibrary(name: "CFlow", path: "bpf"),
        .target(name: "CFlowObject"),
        .systemLibrary(name: "CNetwork"),
        .target(
            name: "Capture",
            dependencies: ["CFlow", "CFlowObject", "CLibBPF", "Traffic"],
            swiftSettings: strict
        ),
        .target(name: "Conntrack", dependencies: ["CNetwork", "Traffic"], swiftSettings: strict),
        .target(
            name: "Ledger",
            dependencies: [
                "Queries", "Traffic",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            exclude: ["README.md"],
            resources: [.embedInCode("migrations")],
            swiftSettings: strict
        ),

        // From a batch to its booking, without I/O: a target of its own so that it can be measured alone.
        .target(
            name: "Bookkeeping",
            dependencies: ["Classification", "Ledger", "Traffic"],
            swiftSettings: strict
        ),

        // Programs: they assemble.
        .executableTarget(
            name: "Agent",
            dependencies: [
                "Capture", "Conntrack", "Exposition", "Identity", "Settings", "Traffic", "Wire",
                arguments, httpClient, hummingbird, lifecycle, logging, nioCore, nioHTTP1, nioSSL, unixSignals,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Classifier",
            dependencies: [
                "Bookkeeping", "Classification", "Exposition", "Feeds", "Identity", "Kubernetes", "Ledger", "Pricing",
                "Queries", "Settings", "Traffic", "Wire", "Zones",
                arguments, asn1, crypto, httpClient, httpTypes, hummingbird, hummingbirdCore, lifecycle, logging,
                nioCore, nioHTTP1, nioHTTPTypes, nioSSL, nioTLS, unixSignals,
            ],
            exclude: ["Access/README.md", "Configuration/README.md", "Inventory/README.md", "Legacy/README.md"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "CNetwork", "Capture", "Identity", "Ledger", "Pricing", "Queries", "Settings", "Traffic", "Zones",
                arguments, httpClient, nioCore, nioHTTP1, nioSSL, subprocess, systemPackage, unixSignals,
            ],
            swiftSettings: strict
        ),

        // Tests.
        .target(name: "TestSupport", dependencies: ["Traffic"], path: "Tests/TestSupport", swiftSettings: strict),
        .target(
            name: "FakeCluster",
            dependencies: ["TestSupport", httpTypes, hummingbird, hummingbirdTLS, logging, nioCore, nioSSL],
            path: "Tests/FakeCluster",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "MeterProcess",
            dependencies: ["Capture", "Traffic"],
            path: "Tests/MeterProcess",
            swiftSettings: strict
        ),
        .executableTarget(name: "TrafficGenerator", path: "Tests/TrafficGenerator", swiftSettings: strict),
        .testTarget(name: "TrafficTests", dependencies: ["TestSupport", "Traffic"], swiftSettings: strict),
        .testTarget(
            name: "WireTests",
            dependencies: ["TestSupport", "Traffic", "Wire", protobuf],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ClassificationTests",
            dependencies: ["Classification", "TestSupport", "Traffic"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FeedsTests",
            dependencies: ["Classification", "Feeds", "TestSupport", "Traffic"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KubernetesTests",
            dependencies: ["FakeCluster", "Kubernetes", "TestSupport", nioCore],
            swiftSettings: strict
        ),
        .testTarget(name: "PricingTests", dependencies: ["Pricing", "TestSupport", "Traffic"], swiftSettings: strict),
        .testTarget(
            name: "QueriesTests",
            dependencies: ["Pricing", "Queries", "TestSupport", "Traffic", "Zones"],
            swiftSettings: strict
        ),
        .testTarget(name: "ExpositionTests", dependencies: ["Exposition", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "IdentityTests", dependencies: ["Identity", "TestSupport", nioSSL], swiftSettings: strict),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Pricing", "Settings", "TestSupport", "Traffic"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CaptureTests",
            dependencies: ["CFlow", "CLibBPF", "Capture", "TestSupport", "Traffic"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConntrackTests",
            dependencies: ["Conntrack", "TestSupport", "Traffic"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "Ledger", "Queries", "TestSupport", "Traffic", "Zones",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "Capture", "Conntrack", "Identity", "Settings", "TestSupport", "Traffic", "Wire",
                arguments, hummingbird, logging, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ClassifierTests",
            dependencies: [
                "Bookkeeping", "Classification", "Classifier", "FakeCluster", "Feeds", "Identity", "Kubernetes",
                "Ledger", "Pricing", "Queries", "Settings", "TestSupport", "Traffic", "Wire",
                arguments, httpClient, httpTypes, hummingbird, hummingbirdTLS, logging, nioCore, nioEmbedded, nioHTTP1,
                nioSSL,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CLITests",
            dependencies: ["CLI", "Capture", "Identity", "Pricing", "Queries", "TestSupport", "Traffic", arguments],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DeployTests",
            dependencies: [
                "Agent", "CLI", "Classifier", "FakeCluster", "TestSupport", .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["render_chart.py", "requirements.txt"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CorpusTests",
            dependencies: [
                "Agent", "Capture", "Classification", "Classifier", "Feeds", "Pricing", "Queries", "Settings",
                "TestSupport", "Traffic", "Wire", logging,
            ],
            path: "Tests/Fuzz/Checks",
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Agent", "CLI", "CLibBPF", "CNetwork", "Capture", "Classifier", "Conntrack", "FakeCluster",
                "MeterProcess", "TestSupport", "Traffic",
                "TrafficGenerator", "Wire", logging,
            ],
            swiftSettings: strict
        ),
    ]
)
