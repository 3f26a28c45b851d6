import Drafts
import EgressPolicy
import Value

/// The API's base URL, and what stands before each operation's path.
struct BasePlan {
    enum Prefix {
        case path(String)
        /// It has another server; the base URL to import it with.
        case elsewhere(String)
    }

    /// As `connection.base_url` has it; nil where the owner has to give it.
    private(set) var base: ServerAddress?
    private let document: Servers.Choice
    private var choices: [Place: Servers.Choice] = [:]
    private var overrides = false

    init(
        _ operations: [SourceOperation], _ servers: Servers, override: String?, sourceURL: String?, root: Node,
        _ log: FindingLog
    ) {
        document = servers.ofDocument()
        var wanted: [ServerAddress: Int] = [:]
        for operation in operations {
            let choice = servers.ofOperation(operation)
            choices[operation.node.place] = choice
            if case .address(let address) = choice {
                wanted[address, default: 0] += 1
            } else if case .address(let address) = document {
                wanted[address, default: 0] += 1
            }
        }
        if let override {
            base = ServerURL.read(override, relativeTo: sourceURL)
            overrides = base != nil
            if base == nil {
                log.addShared(.change, "base_url_invalid", "\(quoted(override)) is no base URL.", at: root.place)
            }
        }
        if base == nil { base = Self.most(wanted, document) }
        if !overrides, let chosen = base { base?.path = Self.commonPath(wanted, chosen) }
        tell(root, log)
    }

    /// What stands before the path of an operation.
    func prefix(of operation: SourceOperation) -> Prefix {
        guard let base else { return .path("") }
        switch choices[operation.node.place] ?? .none {
        case .address(let address): return prefix(of: address, below: base)
        case .unusable(let text): return .elsewhere(text)
        case .none:
            guard !overrides, case .address(let address) = document else { return .path("") }
            return prefix(of: address, below: base)
        }
    }

    private func prefix(of address: ServerAddress, below base: ServerAddress) -> Prefix {
        guard address.origin == base.origin else { return .elsewhere(address.url) }
        guard address.path != base.path else { return .path("") }
        guard Self.isBelow(address.path, base.path) else { return .elsewhere(address.url) }
        return .path(String(address.path.dropFirst(base.path.count)))
    }

    /// The document's own server where any operation has it, the one that most have otherwise.
    private static func most(_ wanted: [ServerAddress: Int], _ document: Servers.Choice) -> ServerAddress? {
        let known: ServerAddress? = if case .address(let address) = document { address } else { nil }
        if let known, wanted[known] != nil || wanted.isEmpty { return known }
        return wanted.max { ($0.value, $1.key.url) < ($1.value, $0.key.url) }?.key ?? known
    }

    /// The path that all servers of the same origin share.
    private static func commonPath(_ wanted: [ServerAddress: Int], _ base: ServerAddress) -> String {
        var common = base.path.split(separator: "/")
        for address in wanted.keys where address.origin == base.origin {
            let other = address.path.split(separator: "/")
            common = Array(zip(common, other).prefix { $0 == $1 }.map(\.0))
        }
        return common.isEmpty ? "" : "/" + common.joined(separator: "/")
    }

    private static func isBelow(_ path: String, _ base: String) -> Bool {
        base.isEmpty || path.hasPrefix(base + "/")
    }

    private func tell(_ root: Node, _ log: FindingLog) {
        let place = root.child("servers")?.place ?? root.child("host")?.place ?? root.place
        guard let base else {
            if case .unusable(let text) = document {
                log.addShared(
                    .change, "base_url_missing",
                    "\(quoted(text)) cannot be called; give the base URL yourself.", at: place)
            } else {
                log.addShared(
                    .change, "base_url_missing", "The document names no server that can be called; give the base URL.",
                    at: place)
            }
            return
        }
        let isLocal: Bool
        switch base.origin.host {
        case .address(let address): isLocal = address.classify() != .global
        case .name(let name): isLocal = name == "localhost" || name.hasSuffix(".local") || !name.contains(".")
        }
        if base.origin.scheme == .http || isLocal {
            log.addShared(
                .note, "base_url_needs_tunnel",
                "\(base.url) is reached only through a tunnel of type platform_agent; set one up, or give another base "
                    + "URL over https.", at: place)
        }
    }
}
