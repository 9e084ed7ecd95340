// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// As in the main package, which says what each flag is.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func product(_ name: String) -> Target.Dependency {
    .product(name: name, package: "netledger")
}

// A package of its own, so that the product's dependencies and build times do not know of it.
let package = Package(
    name: "benchmarks",
    products: [
        .executable(name: "Benchmarks", targets: ["Benchmarks"]),
        .executable(name: "ClassifyBenchmark", targets: ["ClassifyBenchmark"]),
        .executable(name: "ClusterBenchmark", targets: ["ClusterBenchmark"]),
        .executable(name: "HistoryBenchmark", targets: ["HistoryBenchmark"]),
        .executable(name: "KernelBenchmark", targets: ["KernelBenchmark"]),
    ],
    dependencies: [
        .package(name: "netledger", path: "../..")
    ],
    targets: [
        .target(name: "Instruments", swiftSettings: strict),
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["Instruments", product("TestSupport"), product("Traffic"), product("Wire")],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ClassifyBenchmark",
            dependencies: [
                "Instruments", product("Bookkeeping"), product("Classification"), product("Ledger"), product("Traffic"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ClusterBenchmark",
            dependencies: ["Instruments", product("FakeCluster"), product("Kubernetes"), product("TestSupport")],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "HistoryBenchmark",
            dependencies: [
                "Instruments", product("Ledger"), product("Queries"), product("TestSupport"), product("Traffic"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "KernelBenchmark",
            dependencies: ["Instruments", product("CLibBPF"), product("Capture"), product("TestSupport")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KernelBenchmarkTests",
            dependencies: ["Instruments", "KernelBenchmark"],
            swiftSettings: strict
        ),
    ]
)
