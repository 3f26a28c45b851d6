import Drafts
import EgressPolicy
import Value

/// The API's base URL, and what stands before each operation's path.
struct BasePlan {
    enum Prefix {
        case path(String)
        /// Another server, as the document has it.
        case elsewhere(String)
    }

    /// As `connection.base_url` has it; nil where the owner has to give it.
    let base: ServerAddress?
    private let plan: ServerPlan

    /// - Parameter server: the only one that the operations have; nil for those of the whole document.
    init(_ operations: [SourceOperation], _ plan: ServerPlan, at server: Origin? = nil) {
        self.plan = plan
        var wanted: [ServerAddress: Int] = [:]
        for operation in operations {
            if case .address(let address) = plan.choice(of: operation) { wanted[address, default: 0] += 1 }
        }
        if plan.isFixed, let given = plan.given, server == nil || server == given.origin {
            base = given
        } else if var chosen = Self.most(wanted, plan.document) {
            chosen.path = Self.commonPath(wanted, chosen)
            base = chosen
        } else {
            base = nil
        }
    }

    /// What stands before the path of an operation.
    func prefix(of operation: SourceOperation) -> Prefix {
        guard let base else { return .path("") }
        switch plan.choice(of: operation) {
        case .address(let address): return prefix(of: address, below: base)
        case .unusable(let text): return .elsewhere(text)
        case .none: return .path("")
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

    /// Whether calls of this base URL can only go through a tunnel.
    var needsTunnel: Bool {
        guard let base else { return false }
        let isLocal =
            switch base.origin.host {
            case .address(let address): address.classify() != .global
            case .name(let name): name == "localhost" || name.hasSuffix(".local") || !name.contains(".")
            }
        return base.origin.scheme == .http || isLocal
    }

    /// Reports a base URL that is missing, or that only a tunnel reaches.
    func tell(_ root: Node, _ log: FindingLog, hasTunnel: Bool) {
        let place = root.child("servers")?.place ?? root.child("host")?.place ?? root.place
        guard let base else {
            if case .unusable(let text) = plan.document {
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
        guard needsTunnel, !hasTunnel else { return }
        log.addShared(
            .note, "base_url_needs_tunnel",
            "\(base.url) is reached only through a tunnel: import it with the name of yours, or give another base URL over "
                + "https.", at: place)
    }
}
