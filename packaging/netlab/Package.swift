// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "netlab",
    platforms: [.macOS(.v15)],
    targets: [
        .executableTarget(name: "netlab", swiftSettings: swiftSettings),
        .testTarget(name: "netlabTests", dependencies: ["netlab"], swiftSettings: swiftSettings),
    ],
    swiftLanguageModes: [.v6]
)
