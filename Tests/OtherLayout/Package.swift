// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// The meter as another release might be: the same sources, another `flow.h`. `build.sh` puts the sources beside this.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "other-layout",
    targets: [
        .target(name: "Traffic", swiftSettings: strict),
        .systemLibrary(name: "CLibBPF", pkgConfig: "libbpf"),
        .systemLibrary(name: "CFlow", path: "bpf"),
        .target(name: "CFlowObject"),
        .target(
            name: "Capture",
            dependencies: ["CFlow", "CFlowObject", "CLibBPF", "Traffic"],
            swiftSettings: strict
        ),
        .executableTarget(name: "MeterProcess", dependencies: ["Capture", "Traffic"], swiftSettings: strict),
    ]
)
