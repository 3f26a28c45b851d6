// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asn1 = product(name: "SwiftASN1", package: "swift-asn1")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdHTTP2 = product(name: "HummingbirdHTTP2", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioConcurrency = product(name: "NIOConcurrencyHelpers", package: "swift-nio")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTP2 = product(name: "NIOHTTP2", package: "swift-nio-http2")
    static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let x509 = product(name: "X509", package: "swift-certificates")
}

/// One target a folder; the arrows only point up this list. `docs/architecture.md` says what each may know.
let targets: [Target] = [
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "Value"),
    .target(name: "Version"),
    .target(name: "Failure"),
    .target(name: "JSONSchema", dependencies: ["CPCRE2", "Value"]),
    .target(name: "YAML", dependencies: ["CYAML", "Value"]),
    .target(name: "Settings", dependencies: ["Value", "YAML"]),
    .target(name: "Lines", dependencies: [.logging]),
    .target(name: "ReverseHTTP", dependencies: ["CNGHTTP2", .nioCore, .nioHTTP1, .logging]),
    .target(name: "EgressPolicy"),
    .target(name: "Dialling", dependencies: ["EgressPolicy", .nioCore, .nioSSL]),
    .target(name: "HTTP1", dependencies: ["ReverseHTTP", .nioCore, .nioHTTP1]),
    .target(name: "Limits", dependencies: [.nioCore]),
    .target(name: "Redaction", dependencies: ["CZlib", .nioCore]),
    .target(name: "Egress", dependencies: ["CCurl", "Dialling", "EgressPolicy", .nioCore, .nioHTTP1, .logging]),
    .target(
        name: "Connector",
        dependencies: [
            "ReverseHTTP", "HTTP1", "Dialling", "EgressPolicy", "Lines", "Settings", "Value", "Version",
            .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .nioTLS, .logging,
        ]),
    .target(name: "Tunnels", dependencies: ["ReverseHTTP", .nioCore, .logging]),
    .target(name: "Registry", dependencies: ["JSONSchema", "Value", "EgressPolicy"]),
    .target(name: "Drafts", dependencies: ["Value"]),
    .target(name: "OpenAPI", dependencies: ["Drafts", "EgressPolicy", "JSONSchema", "Registry", "Value", "YAML"]),
    .target(name: "Captures", dependencies: ["Drafts", "EgressPolicy", "Value"]),
    .target(name: "Discovery", dependencies: ["Drafts", "EgressPolicy", "Value"]),
    .target(name: "Drift", dependencies: ["Drafts", "JSONSchema", "Registry", "Value", .crypto]),
    .target(name: "Importing", dependencies: ["Captures", "Drafts", "OpenAPI", "Registry", "Value"]),
    .target(name: "Vault", dependencies: ["Value", .crypto]),
    .target(name: "Audit", dependencies: ["CZlib", "Failure", "Lines", "Value", .crypto, .nioCore]),
    .target(name: "Administration", dependencies: ["Drift", "Registry", "Vault", "Audit", "EgressPolicy", "Value"]),
    .target(
        name: "Pipeline",
        dependencies: [
            "Drift", "Registry", "Vault", "Audit", "Failure", "Limits", "Redaction", "EgressPolicy", "Value",
            .nioCore, .nioHTTP1, .nioPosix, .logging,
        ]),
    .target(name: "StoreSQLite", dependencies: ["Registry", "Vault", "Audit", "Value", .grdb, .grdbSQLite]),
    .target(
        name: "RelayHTTP",
        dependencies: [
            "CZlib",
            "Pipeline", "Administration", "Registry", "Vault", "Audit", "Discovery", "Drafts", "EgressPolicy",
            "Failure", "Importing", "Limits",
            "OpenAPI", "Tunnels", "ReverseHTTP", "HTTP1", "Value", "Version", "YAML",
            .hummingbird, .hummingbirdCore, .hummingbirdHTTP2, .httpTypes, .nioCore, .nioPosix, .nioHTTP1, .nioHTTP2,
            .nioHTTPTypes,
            .nioHTTPTypesHTTP1, .nioSSL, .nioTLS, .logging, .serviceLifecycle,
        ]),
    .target(
        name: "Relay",
        dependencies: [
            "RelayHTTP", "StoreSQLite", "Pipeline", "Administration", "Discovery", "Drafts", "Drift", "Failure",
            "Importing", "Registry",
            "Vault", "Audit", "Egress", "Limits", "Redaction", "OpenAPI", "Tunnels", "ReverseHTTP", "EgressPolicy",
            "Settings", "Value", "Version",
            .hummingbird, .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .logging, .serviceLifecycle, .unixSignals,
        ]),
    .executableTarget(
        name: "penstock-relay", dependencies: ["Relay", "Lines", "Settings", "Version", .argumentParser, .logging]),
    .executableTarget(
        name: "penstock-connector",
        dependencies: ["Connector", "Lines", "ReverseHTTP", "Settings", "Version", .logging, .nioCore, .nioPosix]),
    .target(
        name: "PenstockCLI",
        dependencies: [
            "Dialling", "Discovery", "EgressPolicy", "Value", "Version", "YAML", "Settings", .argumentParser,
            .asyncHTTPClient,
            .x509, .crypto, .asn1, .nioCore,
            .nioPosix,
            .nioHTTP1, .nioSSL, .logging, .unixSignals,
        ]),
    .executableTarget(name: "penstock", dependencies: ["PenstockCLI"]),
    .executableTarget(
        name: "penstock-bench",
        dependencies: [
            "ReverseHTTP", "Connector", "EgressPolicy", "Failure", "Settings", "Value", "Audit", "StoreSQLite",
            .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .nioTLS, .logging,
        ]),
    .executableTarget(
        name: "penstock-scoreboard",
        dependencies: [
            "Drafts", "EgressPolicy", "Failure", "JSONSchema", "OpenAPI", "Pipeline", "Registry", "Value", .nioCore,
            .nioHTTP1,
        ]),
    .executableTarget(
        name: "penstock-fuzz",
        dependencies: ["Drafts", "HTTP1", "JSONSchema", "OpenAPI", "Registry", "Value", "YAML", .nioCore, .nioHTTP1]),

    // What the tests share: programs that they start.
    .systemLibrary(name: "CSpawn", path: "Tests/CSpawn"),
    .target(name: "TestSupport", dependencies: ["CSpawn"], path: "Tests/Support"),
    .testTarget(name: "SupportTests", dependencies: ["TestSupport"]),
    .testTarget(name: "FailureTests", dependencies: ["Failure"]),
    .testTarget(name: "ValueTests", dependencies: ["Value"]),
    .testTarget(name: "JSONSchemaTests", dependencies: ["JSONSchema", "Value"]),
    .testTarget(name: "YAMLTests", dependencies: ["YAML", "Value"]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings", "YAML", "Value"]),
    .testTarget(name: "EgressPolicyTests", dependencies: ["EgressPolicy"]),
    .testTarget(name: "DiallingTests", dependencies: ["Dialling", "EgressPolicy", .nioCore]),
    .testTarget(name: "LimitsTests", dependencies: ["Limits", "TestSupport", .nioCore]),
    .testTarget(name: "RedactionTests", dependencies: ["Redaction", "CZlib", "TestSupport", .nioCore]),
    .testTarget(
        name: "EgressTests",
        dependencies: [
            "CCurl", "Dialling", "Egress", "EgressPolicy", "TestSupport", .nioCore, .nioPosix, .nioHTTP1, .logging,
        ]),
    .testTarget(
        name: "ReverseHTTPTests",
        dependencies: ["ReverseHTTP", "TestSupport", .nioCore, .nioPosix, .nioHTTP1, .logging]),
    .testTarget(
        name: "HTTP1Tests", dependencies: ["HTTP1", "ReverseHTTP", .nioCore, .nioEmbedded, .nioHTTP1]),
    .testTarget(
        name: "ConnectorTests",
        dependencies: [
            "Connector", "HTTP1", "Lines", "ReverseHTTP", "EgressPolicy", "Settings", "TestSupport", "Version", "YAML",
            .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .logging,
        ]),
    .testTarget(name: "TunnelsTests", dependencies: ["Tunnels", .nioCore, .nioEmbedded, .logging]),
    .testTarget(name: "RegistryTests", dependencies: ["Registry", "EgressPolicy", "Value", "YAML"]),
    .testTarget(name: "DraftsTests", dependencies: ["Drafts", "JSONSchema", "Registry", "Value", "YAML"]),
    .testTarget(
        name: "OpenAPITests", dependencies: ["Drafts", "EgressPolicy", "OpenAPI", "Registry", "Value", "YAML"]),
    .testTarget(name: "CapturesTests", dependencies: ["Captures", "Drafts", "Registry", "Value"]),
    .testTarget(
        name: "DiscoveryTests", dependencies: ["Captures", "Discovery", "Drafts", "EgressPolicy", "Registry", "Value"]),
    .testTarget(
        name: "DriftTests", dependencies: ["Drafts", "Drift", "JSONSchema", "Registry", "Value", "YAML"]),
    .testTarget(name: "VaultTests", dependencies: ["TestSupport", "Vault"]),
    .testTarget(
        name: "AuditTests", dependencies: ["Audit", "Failure", "Lines", "TestSupport", "Value", .nioCore, .nioPosix]),
    .testTarget(
        name: "PipelineTests",
        dependencies: [
            "Pipeline", "Drift", "Registry", "Vault", "Audit", "Failure", "Limits", "Redaction", "EgressPolicy",
            "StoreSQLite", "Value", .nioCore, .nioHTTP1, .nioPosix, .logging,
        ]),
    .testTarget(
        name: "StoreSQLiteTests",
        dependencies: ["StoreSQLite", "Registry", "Failure", "TestSupport", "Vault", "Audit", "Value", .grdb]),
    .testTarget(
        name: "RelayHTTPTests",
        dependencies: [
            "RelayHTTP", "Failure", "HTTP1", "Pipeline", "Registry", "TestSupport", "Tunnels", "ReverseHTTP", "Value",
            .hummingbird,
            .hummingbirdCore, .httpTypes, .nioCore, .nioEmbedded, .nioPosix, .nioHTTP1, .nioSSL, .nioTLS, .logging,
        ]),
    .testTarget(name: "RelayTests", dependencies: ["Relay", "Failure", "ReverseHTTP"]),
    .testTarget(
        name: "EndToEndTests",
        dependencies: [
            "Audit", "Relay", "HTTP1", "StoreSQLite", "TestSupport", "Value", "ReverseHTTP", .asyncHTTPClient, .crypto,
            .nioCore, .nioPosix, .nioHTTP1, .nioSSL,
            .nioConcurrency,
            .logging,
        ], path: "Tests/EndToEnd"),
    .testTarget(
        name: "PenstockCLITests",
        dependencies: [
            "EgressPolicy", "PenstockCLI", "TestSupport", "Value", "YAML", .argumentParser, .asn1, .x509, .nioCore,
            .nioHTTP1,
        ]),
]

let package = Package(
    name: "penstock",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.44.1"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: targets,
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type == .regular || target.type == .executable || target.type == .test {
    target.swiftSettings = (target.swiftSettings ?? []) + swiftSettings
}
