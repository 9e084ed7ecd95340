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

// A package of its own, because everything in it, dependencies included, is built to tell the fuzzer where it goes.
// The agent's spool and the classifier's settings are parts of programs, which no other package can import: their
// sources are linked into Sources/Fuzz.
let package = Package(
    name: "fuzz",
    dependencies: [
        .package(name: "netledger", path: "../.."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                product("Capture"), product("Classification"), product("Feeds"), product("Pricing"),
                product("Queries"), product("Settings"), product("Traffic"), product("Wire"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: ".",
            exclude: ["Checks/Replay", "README.md", "corpus"],
            sources: ["Checks/Properties", "Sources/Fuzz"],
            swiftSettings: strict + [.define("LINKED_SOURCES")]
        )
    ]
)
