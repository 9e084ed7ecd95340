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
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
    name: "netledger",
    products: [
        .executable(name: "netledger-agent", targets: ["Agent"]),
        .executable(name: "netledger-classifier", targets: ["Classifier"]),
        .executable(name: "netledger", targets: ["CLI"]),
        // For Tests/Benchmarks, which is a package of its own.
        .library(name: "CLibBPF", targets: ["CLibBPF"]),
        .library(name: "Capture", targets: ["Capture"]),
        .library(name: "Ledger", targets: ["Ledger"]),
        .library(name: "Queries", targets: ["Queries"]),
        .library(name: "TestSupport", targets: ["TestSupport"]),
        .library(name: "Traffic", targets: ["Traffic"]),
        .library(name: "Wire", targets: ["Wire"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
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
        .target(name: "Classification", dependencies: ["Traffic"], swiftSettings: pure),
        .target(name: "Queries", dependencies: ["Traffic"], swiftSettings: pure),
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
            dependencies: ["Traffic", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict
        ),
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

        // Programs: they assemble.
        .executableTarget(
            name: "Agent",
            dependencies: [
                "Capture", "Exposition", "Settings", "Traffic", "Wire",
                arguments, httpClient, hummingbird, lifecycle, logging, nioCore, nioHTTP1, unixSignals,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Classifier",
            dependencies: [
                "Classification", "Exposition", "Feeds", "Ledger", "Queries", "Settings", "Traffic", "Wire",
                "Zones",
                arguments, httpTypes, hummingbird, lifecycle, logging, nioCore, unixSignals,
            ],
            exclude: ["Configuration/README.md"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "CNetwork", "Capture", "Ledger", "Queries", "Traffic", "Zones",
                arguments, httpClient, nioCore, nioHTTP1, unixSignals,
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // Tests.
        .target(name: "TestSupport", dependencies: ["Traffic"], path: "Tests/TestSupport", swiftSettings: strict),
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
            name: "QueriesTests",
            dependencies: ["Queries", "TestSupport", "Traffic", "Zones"],
            swiftSettings: strict
        ),
        .testTarget(name: "ExpositionTests", dependencies: ["Exposition", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SettingsTests", dependencies: ["Settings", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "CaptureTests",
            dependencies: ["CFlow", "CLibBPF", "Capture", "TestSupport", "Traffic"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "Ledger", "Queries", "TestSupport", "Traffic",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "Capture", "Settings", "TestSupport", "Traffic", "Wire",
                arguments, hummingbird, logging, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ClassifierTests",
            dependencies: [
                "Classification", "Classifier", "Feeds", "Ledger", "Queries", "Settings", "TestSupport", "Traffic",
                "Wire",
                arguments, httpTypes, hummingbird, logging, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CLITests",
            dependencies: ["CLI", "Capture", "Queries", "TestSupport", "Traffic", arguments],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DeployTests",
            dependencies: ["Agent", "CLI", "Classifier", "TestSupport", .product(name: "Yams", package: "Yams")],
            exclude: ["render_chart.py", "requirements.txt"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Agent", "CLI", "Capture", "Classifier", "TestSupport", "Traffic", "TrafficGenerator", "Wire",
            ],
            swiftSettings: strict
        ),
    ]
)
