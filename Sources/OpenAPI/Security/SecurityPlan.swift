import Drafts
import EgressPolicy
import Value

/// Which of a document's security the API's one credential is, and which operations it serves.
struct SecurityPlan {
    /// What becomes of an operation.
    enum Decision {
        case sends
        /// `security: []`.
        case isPublic
        /// The credential is sent, though the operation asks for another one.
        case differs(String)
    }

    /// Schemes that are asked for together.
    private struct Requirement: Hashable {
        var schemes: [String]
    }

    private let schemes: [String: SecurityScheme]
    private let rootAlternatives: [Requirement]?
    private var chosen: Requirement?
    private var scopes: [String] = []
    /// Whether schemes are described, but nothing says where they count.
    private var isAssumed = false
    private var isFromParameter = false
    private let log: FindingLog
    private let root: Node

    private let hasTunnel: Bool

    init(
        _ operations: [SourceOperation], _ root: Node, _ references: References, _ log: FindingLog,
        _ tokens: TokenURLs, hasTunnel: Bool
    ) {
        self.hasTunnel = hasTunnel
        self.log = log
        self.root = root
        var schemes: [String: SecurityScheme] = [:]
        let described = root.child("components")?.child("securitySchemes") ?? root.child("securityDefinitions")
        var order: [String] = []
        for (name, node) in described?.members() ?? [] {
            guard case .success(let target) = references.follow(node), target.value.object != nil else {
                log.addShared(
                    .change, "security_unsupported", "The security scheme \(quoted(name)) cannot be read.",
                    at: node.place)
                continue
            }
            schemes[name] = SecurityScheme(target, tokens)
            order.append(name)
        }
        if schemes.isEmpty, let found = ParameterCredential.find(operations, references) {
            schemes[found.node.text("name") ?? ""] = SecurityScheme(found.scheme, tokens)
            order = Array(schemes.keys)
            log.addShared(
                .change, "security_from_parameter",
                "The document describes no security, and nearly every operation takes the header "
                    + "\(found.node.text("name") ?? ""): it is the API's credential now instead of an argument.",
                at: found.node.place)
            isFromParameter = true
        }
        self.schemes = schemes
        rootAlternatives = root.child("security").map { Self.alternatives($0) }
        choose(operations, order)
    }

    private static func alternatives(_ node: Node) -> [Requirement] {
        let list = node.value.object == nil ? node.elements(atMost: mostAlternatives) : [node]
        return list.map { Requirement(schemes: ($0.value.object?.keys ?? []).sorted()) }
    }

    private func alternatives(of operation: SourceOperation) -> [Requirement]? {
        operation.node.child("security").map { Self.alternatives($0) } ?? rootAlternatives
    }

    // MARK: Choosing

    private static let mostCandidates = 100
    private static let mostAlternatives = 20
    private static let mostScopes = 200
    /// As definitions have it.
    private static let mostTogether = 8

    private mutating func choose(_ operations: [SourceOperation], _ order: [String]) {
        var wanted: [Requirement: Int] = [:]
        var all: [[Requirement]] = []
        for operation in operations {
            let alternatives = alternatives(of: operation) ?? []
            all.append(alternatives)
            for requirement in Set(alternatives) where !requirement.schemes.isEmpty {
                wanted[requirement, default: 0] += 1
            }
        }
        if wanted.isEmpty {
            guard rootAlternatives == nil, !operations.contains(where: { $0.node.child("security") != nil }),
                let first = order.filter({ schemes[$0]?.kind.isSupported ?? false })
                    .min(by: { (schemes[$0]?.kind.order ?? 9) < (schemes[$1]?.kind.order ?? 9) })
            else { return }
            chosen = Requirement(schemes: [first])
            isAssumed = true
            return
        }
        // What an operation needs is also met by a credential that has more than it asks for.
        var best: (requirement: Requirement, served: Int)?
        for requirement in wanted.keys.sorted(by: precedes).prefix(Self.mostCandidates) where isExpressible(requirement)
        {
            let own = Set(requirement.schemes)
            let served = all.count { $0.contains { !$0.schemes.isEmpty && own.isSuperset(of: $0.schemes) } }
            if served > best?.served ?? 0 { best = (requirement, served) }
        }
        chosen = best?.requirement ?? wanted.keys.sorted(by: precedes).first.map { reduced($0) }
        if chosen?.schemes.isEmpty ?? false { chosen = nil }
        collectScopes(operations)
    }

    private func precedes(_ left: Requirement, _ right: Requirement) -> Bool {
        func key(_ requirement: Requirement) -> (Int, Int, String) {
            let worst = requirement.schemes.map { schemes[$0]?.kind.order ?? 9 }.max() ?? 9
            return (worst, requirement.schemes.count, requirement.schemes.joined(separator: " "))
        }
        return key(left) < key(right)
    }

    private func isExpressible(_ requirement: Requirement) -> Bool {
        let kinds = requirement.schemes.map { schemes[$0]?.kind }
        guard kinds.allSatisfy({ $0?.isSupported ?? false }) else { return false }
        let places = kinds.compactMap { $0?.place }
        return places.count <= Self.mostTogether && Set(places).count == places.count
    }

    /// What of a requirement can be sent at least.
    private func reduced(_ requirement: Requirement) -> Requirement {
        let known = requirement.schemes.filter { schemes[$0]?.kind.isSupported ?? false }
        var kept: [String] = []
        for name in known where isExpressible(Requirement(schemes: kept + [name])) { kept.append(name) }
        return Requirement(schemes: kept)
    }

    private mutating func collectScopes(_ operations: [SourceOperation]) {
        guard let chosen else { return }
        let owners = operations.compactMap { $0.node.child("security") } + [root.child("security")].compactMap(\.self)
        for owner in owners {
            for element in owner.elements(atMost: Self.mostAlternatives) {
                for name in chosen.schemes {
                    for scope in (element.value[name]?.array ?? []).prefix(Self.mostScopes) {
                        guard let text = scope.string, !scopes.contains(text), scopes.count < Self.mostScopes,
                            Self.isScope(text)
                        else { continue }
                        scopes.append(text)
                    }
                }
            }
        }
    }

    private static func isScope(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 1024
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    // MARK: Answers

    /// What becomes of an operation, with its finding made by the caller.
    func decide(_ operation: SourceOperation) -> Decision {
        guard let chosen, !isAssumed else {
            let asked = (alternatives(of: operation) ?? []).filter { !$0.schemes.isEmpty }
            return chosen == nil && !asked.isEmpty ? .differs(shown(asked)) : .sends
        }
        guard let alternatives = alternatives(of: operation), !alternatives.isEmpty else { return .isPublic }
        let own = Set(chosen.schemes)
        if alternatives.contains(where: { !$0.schemes.isEmpty && own.isSuperset(of: $0.schemes) }) { return .sends }
        if alternatives.contains(where: \.schemes.isEmpty) { return .isPublic }
        return .differs(shown(alternatives))
    }

    private func shown(_ requirements: [Requirement]) -> String {
        requirements.prefix(3).map { $0.schemes.joined(separator: " with ") }.joined(separator: " or ")
    }

    /// As the definition has it; nil for none. Secrets are the owner's to write.
    func authentication() -> JSON? {
        let kinds = (chosen?.schemes ?? []).compactMap { schemes[$0]?.kind }.filter { $0 != .certificate }
        let parts = kinds.compactMap(authentication)
        return parts.count > 1 ? ["type": "all", "of": .array(parts)] : parts.first
    }

    private func authentication(_ kind: SecurityScheme.Kind) -> JSON? {
        switch kind {
        case .header(let name): return ["type": "api_key", "config": ["header_name": .string(name)]]
        case .query(let name): return ["type": "api_key", "config": ["query_name": .string(name)]]
        case .cookie(let name): return ["type": "api_key", "config": ["cookie_name": .string(name)]]
        case .scheme(let scheme):
            let config: JSON = ["header_name": "Authorization", "prefix": .string(scheme + " ")]
            return ["type": "api_key", "config": config]
        case .bearer, .token: return ["type": "bearer_token", "config": [:]]
        case .basic: return ["type": "basic_auth", "config": [:]]
        case .clientCredentials(let url): return oauth(url, [:])
        case .password(let url): return oauth(url, ["grant": "password"])
        case .certificate, .unsupported: return Optional<JSON>.none
        }
    }

    private func oauth(_ url: String?, _ config: JSONObject) -> JSON {
        var config = config
        config["token_url"] = url.map { .string($0) }
        if !scopes.isEmpty { config["scopes"] = .array(scopes.map { .string($0) }) }
        return ["type": "oauth2", "config": .object(config)]
    }

    /// What arguments cannot set where the credential is sent.
    var taken: ParameterReader.TakenNames {
        var taken = ParameterReader.TakenNames()
        for kind in (chosen?.schemes ?? []).compactMap({ schemes[$0]?.kind }) {
            switch kind.place {
            case .header(let name)?: taken.headers.insert(name)
            case .query(let name)?: taken.queries.insert(name)
            case .cookie(let name)?: taken.cookies.insert(name)
            case nil: break
            }
        }
        return taken
    }

    /// Tells which secrets are wanted, and what of the document's security cannot be had.
    func tell() {
        for name in Set(schemes.keys).sorted() {
            guard let scheme = schemes[name], case .unsupported(let words) = scheme.kind else { continue }
            log.addShared(
                .change, "security_unsupported", "\(quoted(name)) is \(words), which is not supported.",
                at: scheme.node.place)
        }
        guard let chosen else { return }
        if isAssumed, !isFromParameter {
            log.addShared(
                .change, "security_assumed",
                "The document describes security and does not say where it counts; it is sent with every call.",
                at: root.place)
        }
        for name in chosen.schemes {
            guard let scheme = schemes[name] else { continue }
            tell(name, scheme)
        }
        let wanted = Self.secrets(authentication())
        guard !wanted.isEmpty else { return }
        log.addShared(
            .note, "credentials_wanted",
            "Calls need credentials; write \(wanted.joined(separator: ", ")) under authentication.",
            at: schemes[chosen.schemes[0]]?.node.place ?? root.place)
    }

    private func tell(_ name: String, _ scheme: SecurityScheme) {
        switch scheme.kind {
        case .token(let words):
            log.addShared(
                .change, "security_token",
                "\(quoted(name)) is \(words): get an access token elsewhere and write it as the bearer token, or write "
                    + "oauth2 with a refresh token.", at: scheme.node.place)
        case .certificate:
            log.addShared(
                .change, "security_certificate",
                "\(quoted(name)) is a client certificate: write client_certificate and client_key under connection.",
                at: scheme.node.place)
        case .clientCredentials(let url), .password(let url): tell(name, scheme, tokenURL: url)
        default: return
        }
    }

    private func tell(_ name: String, _ scheme: SecurityScheme, tokenURL url: String?) {
        guard let url else {
            let written = SecurityScheme.tokenURL(of: scheme.node)
            let what =
                written.map { "The token endpoint \(quoted($0)) of \(quoted(name)) is not complete" }
                ?? "\(quoted(name)) names no token endpoint"
            return log.addShared(
                .change, "token_url_missing",
                "\(what): import it with yours (--token-url, token_url), or write token_url under "
                    + "authentication.config.", at: scheme.node.place)
        }
        guard url.hasPrefix("http:"), !hasTunnel else { return }
        log.addShared(
            .change, "token_url_needs_tunnel",
            "The token endpoint \(quoted(url)) of \(quoted(name)) is reached only through a tunnel: import it with the "
                + "name of yours, or give a token endpoint over https.", at: scheme.node.place)
    }

    /// The secrets of an authentication, by their places in it.
    private static func secrets(_ authentication: JSON?) -> [String] {
        if let parts = authentication?["of"]?.array {
            return parts.enumerated().flatMap { index, part in secrets(part).map { "of[\(index)].\($0)" } }
        }
        return fields(authentication).map { "config.\($0)" }
    }

    private static func fields(_ authentication: JSON?) -> [String] {
        switch authentication?["type"]?.string {
        case "api_key"?: ["key"]
        case "bearer_token"?: ["token"]
        case "basic_auth"?: ["username", "password"]
        case "oauth2"?:
            authentication?["config"]?["grant"] == "password"
                ? ["client_id", "username", "password"] : ["client_id", "client_secret"]
        default: []
        }
    }
}
