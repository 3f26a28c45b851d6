import Drafts
import EgressPolicy
import Value

/// The servers of a document, and which of them the API's base URL comes from.
struct Servers {
    private let root: Node
    private let references: References
    private let log: FindingLog
    private let version: SpecVersion
    /// What relative servers count from.
    private let sourceURL: String?
    /// The origin that the owner gave, for servers whose host nobody else knows.
    private let given: Origin?

    /// - Parameter override: the base URL that the owner gives instead of the document's.
    init(
        _ root: Node, _ references: References, _ log: FindingLog, _ version: SpecVersion, sourceURL: String?,
        override: String? = nil
    ) {
        self.root = root
        self.references = references
        self.log = log
        self.version = version
        given = override.flatMap { ServerURL.read($0, relativeTo: sourceURL) }?.origin
        self.sourceURL = given.map { ServerURL.moved(sourceURL, to: $0) } ?? sourceURL
    }

    /// The longest URL of a server, in bytes, whatever its variables stand for.
    private static let longest = 4096

    /// What a list of servers comes to.
    enum Choice: Hashable {
        /// There is no list.
        case none
        case address(ServerAddress)
        /// None of the list can be called.
        case unusable(String)
    }

    /// The server of the whole document.
    func ofDocument() -> Choice {
        version == .v2 && root.child("servers") == nil ? ofHost() : choose(root, tells: true)
    }

    /// The server of one operation or its path, where it has its own.
    func ofOperation(_ operation: SourceOperation) -> Choice {
        let own = choose(operation.node, tells: false)
        return own == .none ? choose(operation.item, tells: false) : own
    }

    /// The path of the first server that names no host that can be called, where the owner gave one: of a relative URL,
    /// of a `basePath` without `host`, and behind a host with a variable. Nil where every server has a host.
    func pathWithoutHost() -> String? {
        guard let given else { return nil }
        let address: ServerAddress?
        if version == .v2, root.child("servers") == nil {
            guard root.text("host").map({ $0.contains("{") }) ?? true, case .address(let found) = ofHost() else {
                return nil
            }
            address = found
        } else {
            guard let list = root.child("servers") else { return nil }
            let servers = list.value.object == nil ? list.elements(atMost: 50) : [list]
            let texts = servers.compactMap { server in
                (server.text("url") ?? server.value.string).map { fill($0, server, tells: false) }
            }
            address = texts.first { !ServerURL.namesHost($0) }.flatMap { read($0) }
        }
        return address?.origin == given ? address?.path : nil
    }

    private func read(_ text: String) -> ServerAddress? {
        if let address = ServerURL.read(text, relativeTo: sourceURL) { return address }
        return given.flatMap { ServerURL.read(text, at: $0) }
    }

    /// The first server over HTTPS, the first of all otherwise.
    private func choose(_ owner: Node, tells: Bool) -> Choice {
        guard let list = owner.child("servers") else { return .none }
        let servers = list.value.object == nil ? list.elements(atMost: 50) : [list]
        var usable: [(address: ServerAddress, node: Node)] = []
        var lastFault = ""
        for server in servers {
            guard let text = server.text("url") ?? server.value.string else { continue }
            let filled = fill(text, server, tells: tells && usable.isEmpty)
            if let address = read(filled) {
                usable.append((address, server))
            } else if lastFault.isEmpty {
                lastFault = filled
            }
        }
        guard let chosen = usable.first(where: { $0.address.origin.scheme == .https }) ?? usable.first else {
            return lastFault.isEmpty ? .none : .unusable(lastFault)
        }
        if tells, usable.count > 1 {
            let others = usable.filter { $0.node.place != chosen.node.place }.prefix(5).map(\.address.url)
            log.addShared(
                .note, "other_servers",
                "The base URL is that of \(chosen.address.url); the document also names \(others.joined(separator: ", ")).",
                at: list.place)
        }
        return .address(chosen.address)
    }

    /// The URL with its variables' defaults put in.
    private func fill(_ text: String, _ server: Node, tells: Bool) -> String {
        guard text.utf8.count <= Self.longest, text.contains("{") else { return text }
        var result = ""
        var rest = Substring(text)
        var filled: [String] = []
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            let variable = server.child("variables")?.child(name)
            let value =
                variable?.value["default"].flatMap(Self.text)
                ?? variable?.value["enum"]?.array?.first.flatMap(Self.text)
            if let value {
                // A name can stand there many times, for a text of any length.
                guard result.utf8.count + value.utf8.count <= Self.longest else { return text }
                result += value
                filled.append("\(name) as \(quoted(value))")
            } else {
                result += rest[open...close]
            }
            rest = rest[rest.index(after: close)...]
        }
        if tells, !filled.isEmpty {
            log.addShared(
                .note, "server_variables",
                "The server's variables were filled in: \(filled.joined(separator: ", ")). Change the base URL if yours "
                    + "differs.", at: server.place)
        }
        return result + rest
    }

    private static func text(_ value: JSON) -> String? {
        value.string ?? value.number?.text
    }

    /// 2.0: `schemes`, `host` and `basePath`.
    private func ofHost() -> Choice {
        let path = root.text("basePath") ?? ""
        let schemes = (root.value["schemes"]?.array ?? []).compactMap { $0.string?.lowercased() }
        guard var host = root.text("host").map(Texts.trimmed) else {
            guard let sourceURL else { return .none }
            return ServerURL.read(path.isEmpty ? "/" : path, relativeTo: sourceURL).map { .address($0) } ?? .none
        }
        var scheme = schemes.contains("https") || !schemes.contains("http") ? "https" : "http"
        if let mark = host.firstRange(of: "://") {
            // A whole URL, where only the host belongs.
            if schemes.isEmpty { scheme = host[..<mark.lowerBound].lowercased() }
            host = String(host[mark.upperBound...])
        }
        let text = "\(scheme)://\(host)/\(path)"
        return read(text).map { .address($0) } ?? .unusable(text)
    }

    /// What the document's servers have for their variables, by name.
    var variables: [String: String] {
        let list = root.child("servers").map { $0.value.object == nil ? $0.elements(atMost: 50) : [$0] } ?? []
        var values: [String: String] = [:]
        for (name, variable) in list.flatMap({ $0.child("variables")?.members(atMost: 100) ?? [] }) {
            guard values[name] == nil, let value = variable.value["default"].flatMap(Self.text) else { continue }
            values[name] = value
        }
        return values
    }
}
