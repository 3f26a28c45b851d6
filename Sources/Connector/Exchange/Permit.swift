import EgressPolicy

/// A request that the local policy lets through, as far as its address is allowed too. A class for the same
/// reason as ``OriginRequest``.
final class Permit {
    let endpoint: OriginEndpoint
    let match: Match
    let policy: LocalPolicy

    init(endpoint: OriginEndpoint, match: Match, policy: LocalPolicy) {
        self.endpoint = endpoint
        self.match = match
        self.policy = policy
    }

    /// The rule that allows the address, which is judged for each use of a connection (S1).
    func rule(for address: IPAddress) -> Result<Int, Failure> {
        switch policy.judge(address: address, for: match) {
        case .allowed(let rule): .success(rule)
        case .denied(let denial): .failure(Failure(denial))
        }
    }
}

extension Failure {
    init(_ denial: Denial) {
        self.init(denial.isOfAddress ? .addressProhibited : .requestDenied, denial.details)
    }
}

/// The configuration's `allow` as the policy's rules.
enum ConnectorPolicy {
    static func make(_ rules: [ConnectorConfiguration.Rule]) throws(RuleError) -> LocalPolicy {
        try LocalPolicy(rules.map(localRule))
    }

    /// What is wrong with one rule, and the key that is to blame.
    static func fault(in rule: ConnectorConfiguration.Rule) -> (key: String, message: String)? {
        for method in rule.methods where method != "*" {
            if let complaint = Methods.complaint(about: method) { return ("methods", "\"\(method)\" \(complaint)") }
        }
        // The pattern language has more; what administrators are told of it is a star at the end.
        for path in rule.paths where path.dropLast().contains("*") {
            return (
                "paths",
                "\"\(path)\" has a * before its end, where it is no wildcard: end the path at the *, as in "
                    + "\"\(path.prefix { $0 != "*" })*\", or list each path"
            )
        }
        do throws(RuleError) {
            _ = try make([rule])
            return nil
        } catch {
            let key =
                if rule.methods.contains(error.text) {
                    "methods"
                } else if rule.paths.contains(error.text) {
                    "paths"
                } else {
                    "origin"
                }
            return (key, error.message)
        }
    }

    private static func localRule(_ rule: ConnectorConfiguration.Rule) -> LocalRule {
        LocalRule(
            origin: rule.origin, methods: rule.methods.isEmpty ? nil : rule.methods,
            paths: rule.paths.isEmpty ? nil : rule.paths,
            encodedSlashes: rule.permitsEncodedSlashes ? .permit : .refuse)
    }
}
