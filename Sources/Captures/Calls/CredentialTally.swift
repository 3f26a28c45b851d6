import Drafts
import EgressPolicy
import Value

/// How the calls of an API said who is calling.
struct CredentialTally {
    private var order: [CredentialScheme] = []
    private var counts: [CredentialScheme: Int] = [:]
    private var calls = 0

    private static let most = 64
    /// As definitions have it.
    private static let mostTogether = 8

    mutating func add(_ schemes: [CredentialScheme]) {
        calls += 1
        for scheme in Set(schemes) where counts[scheme] != nil || order.count < Self.most {
            if counts[scheme] == nil { order.append(scheme) }
            counts[scheme, default: 0] += 1
        }
        order.sort { ($0.rank, $0.phrase) < ($1.rank, $1.phrase) }
    }

    /// What the API's definition says; and what a person is to know of it.
    func result() -> (authentication: JSON?, names: Set<String>, findings: [Finding]) {
        let usable = order.filter { $0.definition != nil }
        let most = usable.map { counts[$0] ?? 0 }.max() ?? 0
        // A session's cookie, or a credential in the URL, only where there is nothing better.
        guard let best = usable.first(where: { (counts[$0] ?? 0) * 2 >= most && !$0.isCookie }) ?? usable.first else {
            return (nil, [], unsupported)
        }
        // What all of the calls carry at another place belongs to it. A browser sends its cookies whatever counts.
        var chosen = [best]
        for other in usable where !other.isCookie && !best.isCookie && (counts[other] ?? 0) == most {
            guard chosen.count < Self.mostTogether, !chosen.contains(where: { $0.place == other.place }) else {
                continue
            }
            chosen.append(other)
        }
        let parts = chosen.compactMap(\.definition)
        let authentication: JSON? = parts.count > 1 ? ["type": "all", "of": .array(parts)] : parts.first
        var findings = unsupported
        findings.insert(held(chosen), at: 0)
        if best.isCookie {
            findings.append(
                Finding(
                    .note, "session_cookie",
                    "Calls are known by a browser session's cookie, which will expire. "
                        + "Ask for an API key if there is one."
                ))
        }
        for other in usable where !chosen.contains(other) {
            findings.append(
                Finding(
                    .change, "other_credential", "Some calls carry \(other.phrase) instead or as well; it was left out."
                ))
        }
        return (authentication, Set(chosen.compactMap { $0.headerName?.lowercased() }), findings)
    }

    private func held(_ schemes: [CredentialScheme]) -> Finding {
        let phrases = schemes.map(\.phrase).joined(separator: " and ")
        return Finding(
            .note, "credential_not_kept",
            "Calls carry a credential (\(phrases)), which was not kept: set it with `penstock credentials set`.")
    }

    private var unsupported: [Finding] {
        order.compactMap { scheme in
            guard case .unsupported(let name) = scheme else { return nil }
            return Finding(
                .change, "authentication_not_supported",
                "Calls are authenticated by \(name.quotedForMessage), which a definition cannot describe.")
        }
    }

}

extension CredentialScheme {
    var isCookie: Bool { if case .cookie = self { true } else { false } }

    /// What is preferred where calls carry several.
    fileprivate var rank: Int {
        switch self {
        case .oauth2: 0
        case .bearer: 1
        case .basic: 2
        case .header: 3
        case .query: 4
        case .cookie: 5
        case .unsupported: 6
        }
    }
}
