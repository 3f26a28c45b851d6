import Foundation
import Testing
import Value

/// What runs on a customer's premises carries as little as it can.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct LinkageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    @Test("The connector's executable needs no Foundation, curl or SQLite")
    func neededLibraries() async throws {
        let readelf = try #require(Binaries.tool("readelf"), "readelf (binutils) is needed")
        let found = try await ChildProcess.run(readelf, ["-dW", Binaries.connector])
        #expect(found.end == .exit(0), "\(found.errors)")
        let needed = found.output.split(separator: "\n").filter { $0.contains("(NEEDED)") }.compactMap { line in
            line.split(separator: "[").last?.split(separator: "]").first.map(String.init)
        }
        #expect(needed.contains { $0.hasPrefix("libnghttp2") }, "\(needed)")
        for name in needed {
            let isAllowedFoundation = name.hasPrefix("libFoundationEssentials") || name.hasPrefix("lib_FoundationC")
            #expect(!name.hasPrefix("libFoundation") || isAllowedFoundation, "\(needed)")
            for other in ["libcurl", "libsqlite3", "libxml2", "libicu"] { #expect(!name.hasPrefix(other), "\(needed)") }
        }
    }

    @Test("No target of the connector's imports Foundation, or depends on what belongs to the relay")
    func targets() async throws {
        let swift = try #require(Binaries.tool("swift"))
        let scratch = try Scratch("linkage")
        let described = try await ChildProcess.run(
            swift,
            ["package", "--package-path", Self.root, "--scratch-path", scratch.path, "describe", "--type", "json"])
        #expect(described.end == .exit(0), "\(described.errors)")
        let targets = try JSON.parse(described.output)["targets"]?.array ?? []
        var known: [String: JSON] = [:]
        for target in targets { known[target["name"]?.string ?? ""] = target }
        var seen: Set<String> = []
        var products: Set<String> = []
        var left = ["penstock-connector"]
        while let name = left.popLast() {
            guard seen.insert(name).inserted else { continue }
            let target = try #require(known[name])
            left += (target["target_dependencies"]?.array ?? []).compactMap(\.string)
            products.formUnion((target["product_dependencies"]?.array ?? []).compactMap(\.string))
            for source in (target["sources"]?.array ?? []).compactMap(\.string) where source.hasSuffix(".swift") {
                let path = "\(Self.root)/\(target["path"]?.string ?? "")/\(source)"
                let imports = text(of: path).split(separator: "\n").filter { $0.hasSuffix("import Foundation") }
                #expect(imports.isEmpty, "\(path)")
            }
        }
        #expect(seen.isSuperset(of: ["Connector", "ReverseHTTP", "EgressPolicy", "Settings", "Value", "YAML"]))
        #expect(
            seen.isDisjoint(with: ["Vault", "StoreSQLite", "RelayHTTP", "Relay", "Pipeline", "Registry", "Tunnels"]))
        #expect(products.isDisjoint(with: ["GRDB", "Hummingbird", "HummingbirdCore", "AsyncHTTPClient", "Crypto"]))
        #expect(products.contains("NIOSSL"))
    }

    @Test("The demo runs by itself, and prints the customer that only the connector can reach")
    func demo() async throws {
        let ran = try await ChildProcess.run(Binaries.penstock, ["demo"])
        #expect(ran.end == .exit(0), "\(ran.errors)\n\(ran.output)")
        #expect(ran.output.contains("\"id\": \"cust_12345\"") && ran.output.contains("\"name\": \"John Smith\""))
    }
}
