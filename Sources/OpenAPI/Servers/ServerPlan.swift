import Drafts
import EgressPolicy
import Value

/// Which server each operation of a document is at, and which one the owner gave instead of the document's.
struct ServerPlan {
    /// The server of operations that name none themselves.
    let document: Servers.Choice
    /// The base URL that the owner gave; nil where none was, or none that can be read.
    let given: ServerAddress?
    /// Whether the given base URL stands as it is: nothing of the document is joined to it.
    let isFixed: Bool
    private var own: [Place: Servers.Choice] = [:]

    /// - Parameter override: the base URL to use instead of the document's.
    init(
        _ operations: [SourceOperation], _ servers: Servers, override: String?, sourceURL: String?, root: Node,
        _ log: FindingLog
    ) {
        var described = servers.ofDocument()
        for operation in operations { own[operation.node.place] = servers.ofOperation(operation) }
        // One server that all operations repeat is the document's.
        if described == .none, let first = own.values.first, own.values.allSatisfy({ $0 == first }) {
            described = first
            own = [:]
        }
        given = override.flatMap { ServerURL.read($0, relativeTo: sourceURL) }
        guard let given else {
            if let override {
                log.addShared(.change, "base_url_invalid", "\(quoted(override)) is no base URL.", at: root.place)
            }
            (document, isFixed) = (described, false)
            return
        }
        let path = given.path.isEmpty ? servers.pathWithoutHost() : nil
        if let path, !path.isEmpty {
            var joined = given
            joined.path = path
            (document, isFixed) = (.address(joined), false)
            log.addShared(
                .change, "base_url_joined",
                "The base URL is \(joined.url): \(given.url) was given, and the document's servers have the path \(path) "
                    + "and no host. Give a base URL with a path to replace that too.",
                at: root.child("servers")?.place ?? root.child("basePath")?.place ?? root.place)
            return
        }
        isFixed = true
        // The host of some operations is not that of the others, whoever gives it.
        let isOfSome = own.values.contains {
            if case .address(let own) = $0 { own.origin == given.origin } else { false }
        }
        if isOfSome, case .address(let address) = described, address.origin != given.origin {
            document = described
        } else {
            document = .address(given)
        }
    }

    /// The server of one operation: its own, or the document's.
    func choice(of operation: SourceOperation) -> Servers.Choice {
        let choice = own[operation.node.place] ?? .none
        return choice == .none ? document : choice
    }

    /// The origin of one operation; nil where nobody knows it.
    func origin(of operation: SourceOperation) -> Origin? {
        if case .address(let address) = choice(of: operation) { address.origin } else { nil }
    }
}
