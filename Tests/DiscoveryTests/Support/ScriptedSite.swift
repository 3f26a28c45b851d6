import Discovery
import Drafts
import EgressPolicy
import Synchronization
import Testing
import Value

/// A site that answers from a dictionary, by `METHOD path?query` or `path`, and remembers what it was asked.
final class ScriptedSite: DiscoveryFetcher {
    struct Page: Sendable {
        var status = 200
        var headers: [(name: String, value: String)] = []
        var body = ""

        static func html(_ body: String) -> Page {
            Page(headers: [("Content-Type", "text/html; charset=utf-8")], body: body)
        }
        static func json(_ body: String, status: Int = 200) -> Page {
            Page(status: status, headers: [("Content-Type", "application/json")], body: body)
        }
        static func script(_ body: String) -> Page {
            Page(headers: [("Content-Type", "application/javascript")], body: body)
        }
        static func redirect(_ location: String, _ status: Int = 302) -> Page {
            Page(status: status, headers: [("Location", location)])
        }
    }

    private let pages: [String: Page]
    private let fallback: @Sendable (DiscoveryRequest) -> Result<Page, DiscoveryFetchError>
    private let log = Mutex<[DiscoveryRequest]>([])

    init(
        _ pages: [String: Page],
        otherwise: @escaping @Sendable (DiscoveryRequest) -> Result<Page, DiscoveryFetchError> = { _ in
            .success(.json(#"{"detail":"Not Found"}"#, status: 404))
        }
    ) {
        self.pages = pages
        fallback = otherwise
    }

    var asked: [DiscoveryRequest] { log.withLock { $0 } }
    var askedPaths: [String] { asked.map(\.address.path) }

    func fetch(_ request: DiscoveryRequest) async throws(DiscoveryFetchError) -> DiscoveryResponse {
        log.withLock { $0.append(request) }
        let host = request.address.origin.description
        let keys = [
            "\(request.method.rawValue) \(request.address.path)", request.address.target.raw, request.address.path,
        ]
        let found = keys.lazy.compactMap { self.pages[host + $0] ?? (host == Self.origin ? self.pages[$0] : nil) }.first
        let page: Page
        if let found, request.method == .get || pages["POST \(request.address.path)"] != nil {
            page = found
        } else {
            page = try fallback(request).get()
        }
        let body = Array(page.body.utf8)
        return DiscoveryResponse(
            status: page.status, headers: page.headers, body: Array(body.prefix(request.mostBytes)),
            isCut: body.count > request.mostBytes)
    }

    static let origin = "https://crm.example.com"
}

/// A clock that is always where its sleepers want it.
final class JumpingClock: Clock, Sendable {
    typealias Duration = Swift.Duration

    struct Instant: InstantProtocol {
        typealias Duration = Swift.Duration
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let time = Mutex(Duration.zero)
    var now: Instant { Instant(offset: time.withLock { $0 }) }
    let minimumResolution = Duration.nanoseconds(1)

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        time.withLock { $0 = max($0, deadline.offset) }
    }

    func advance(by duration: Duration) { time.withLock { $0 += duration } }
}

/// Reads of an OpenAPI document what these tests need: methods and paths.
let plainImporter = DiscoveryImporters(openAPI: { files throws(DiscoveryImportError) in
    guard let file = files.first else { throw DiscoveryImportError("There is no file.") }
    guard let json = try? JSON.parse(file.bytes), let paths = json["paths"]?.object else {
        if String(decoding: file.bytes, as: UTF8.self).hasPrefix("openapi: 3") {
            return Draft(
                source: .openapi, definition: ["name": "yaml"],
                operations: [
                    DraftOperation(
                        method: "GET", path: "/yaml", endpoint: ["name": "yaml", "method": "GET", "path": "/yaml"])
                ])
        }
        throw DiscoveryImportError("It has no paths.")
    }
    var operations: [DraftOperation] = []
    for (path, item) in paths {
        for (method, _) in item.object ?? [:] {
            let endpoint: JSONObject = [
                "name": .string("\(method)\(path)"), "method": .string(method.uppercased()), "path": .string(path),
            ]
            operations.append(DraftOperation(method: method.uppercased(), path: path, endpoint: endpoint))
        }
    }
    let name = json["info"]?["title"] ?? "API"
    let base = json["servers"]?[0]?["url"]?.string ?? file.address.origin.description
    return Draft(
        source: .openapi, version: json["openapi"]?.string,
        definition: ["name": name, "connection": ["base_url": .string(base)]], operations: operations)
})

/// Runs a discovery against a site.
func discover(
    _ site: ScriptedSite, base: String = ScriptedSite.origin, clock: JumpingClock = JumpingClock(),
    importers: DiscoveryImporters = plainImporter, _ change: (inout DiscoveryOptions) -> Void = { _ in }
) async throws -> DiscoveryResult {
    var options = DiscoveryOptions()
    change(&options)
    let discovery = Discovery(base: try BaseURL(base), options: options, importers: importers, fetcher: site)
    return await discovery.run(clock: clock)
}

let petDocument = #"""
    {"openapi":"3.0.3","info":{"title":"Pets","version":"1"},"paths":{"/pets":{"get":{},"post":{}},"/pets/{id}":{"get":{}}}}
    """#

extension DiscoveryResult {
    var kinds: [String] { findings.map(\.code) }
    /// The whole answer, to look for what must not be in it.
    var text: String { json().text() }
}
