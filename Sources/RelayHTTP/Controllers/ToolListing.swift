import Failure
import Registry
import Value

/// The last tool of a page, after which the next one goes on; that tool needs not be there any more.
struct ToolCursor {
    let slug: String
    /// Nil before the first tool of the API.
    let endpoint: String?

    /// - Throws: ``CallFailure`` for a text that no page ended with.
    init?(_ text: String?) throws(CallFailure) {
        guard let text else { return nil }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "cursor must be the next_cursor of the page before.")
        }
        (slug, endpoint) = (String(parts[0]), parts[1].isEmpty ? nil : String(parts[1]))
    }

    init(slug: String, endpoint: String?) { (self.slug, self.endpoint) = (slug, endpoint) }

    var text: String { "\(slug)/\(endpoint ?? "")" }
}

/// One page of tools, grouped by API, written as it grows so that its bytes are counted.
///
/// Schemas that several tools of an API refer to are written once, under that API's `$defs`: a page grows with what the
/// definition says, not with how often it says so.
struct ToolListing {
    enum Detail {
        case names, schemas
    }

    /// How many bytes are written before other work of the event loop has its turn.
    private static let turn = 64 << 10

    private let detail: Detail
    private let mostTools: Int
    private var bytes: [UInt8] = []
    private var tools = 0
    private var groups = 0
    private var nextTurn = Self.turn
    private var next: ToolCursor?

    init(detail: Detail, tools: Int) {
        self.detail = detail
        mostTools = tools
    }

    /// Adds the API's tools that come after a name, in the order of their names.
    ///
    /// - Returns: false once the page is full; then it says where the next one begins.
    mutating func add(_ api: CompiledAPI, after: String?) async -> Bool {
        guard !isFull else {
            next = ToolCursor(slug: api.slug, endpoint: after)
            return false
        }
        if groups > 0 { bytes.append(UInt8(ascii: ",")) }
        groups += 1
        open(Presentation.tools(of: api))
        write(key: "endpoints")
        bytes.append(UInt8(ascii: "["))
        var known: Set<String> = []
        var definitions: [String] = []
        var pending = 0
        var last: String?
        for endpoint in api.endpointsByName {
            if let after, endpoint.name <= after { continue }
            guard !isFull(pending) else {
                next = ToolCursor(slug: api.slug, endpoint: last ?? after)
                break
            }
            if last != nil { bytes.append(UInt8(ascii: ",")) }
            last = endpoint.name
            tools += 1
            switch detail {
            case .names: JSON.object(Presentation.name(of: endpoint, in: api)).write(into: &bytes)
            case .schemas:
                JSON.object(Presentation.shared(endpoint, in: api)).write(into: &bytes)
                let added = endpoint.definitions.close(&known, over: endpoint.argumentUses.union(endpoint.responseUses))
                pending += added.reduce(0) { $0 + (endpoint.definitions[$1]?.size(limit: PageRequest.mostBytes) ?? 0) }
                definitions += added
            }
            await giveWay()
        }
        bytes.append(UInt8(ascii: "]"))
        if detail == .schemas { await write(definitions, of: api) }
        bytes.append(UInt8(ascii: "}"))
        return next == nil
    }

    /// The page as a list of APIs.
    consuming func page() -> [UInt8] {
        Array("{\"items\":[".utf8) + bytes + Array("],\"next_cursor\":".utf8) + cursor + [UInt8(ascii: "}")]
    }

    /// The page of a single API, which is its own object.
    consuming func single() -> [UInt8] {
        bytes.dropLast() + Array(",\"next_cursor\":".utf8) + cursor + [UInt8(ascii: "}")]
    }

    private var cursor: [UInt8] { (next.map { JSON.string($0.text) } ?? .null).bytes() }

    private var isFull: Bool { isFull(0) }

    private func isFull(_ pending: Int) -> Bool { tools >= mostTools || bytes.count + pending >= PageRequest.mostBytes }

    private mutating func write(_ names: [String], of api: CompiledAPI) async {
        guard let endpoint = api.endpoints.first else { return }
        bytes.append(UInt8(ascii: ","))
        write(key: "$defs")
        bytes.append(UInt8(ascii: "{"))
        for (offset, name) in names.sorted().enumerated() {
            if offset > 0 { bytes.append(UInt8(ascii: ",")) }
            write(key: name)
            Presentation.plain(endpoint.definitions[name] ?? true, of: endpoint).write(into: &bytes)
            await giveWay()
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes an object's members and leaves it open for more.
    private mutating func open(_ object: JSONObject) {
        JSON.object(object).write(into: &bytes)
        bytes.removeLast()
        bytes.append(UInt8(ascii: ","))
    }

    private mutating func write(key: String) {
        JSON.string(key).write(into: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func giveWay() async {
        guard bytes.count >= nextTurn else { return }
        nextTurn = bytes.count + Self.turn
        await Task.yield()
    }
}
