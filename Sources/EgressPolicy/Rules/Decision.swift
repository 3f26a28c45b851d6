/// What ``LocalPolicy`` says about a request before its host is resolved.
package enum Decision: Sendable, Hashable {
    /// May go on to resolving; the address is to be judged with the same match.
    case allowed(Match)
    case denied(Denial)
}

/// What ``LocalPolicy`` says about an address.
package enum AddressDecision: Sendable, Hashable {
    /// May be dialled, with the TLS settings of the rule at this index.
    case allowed(rule: Int)
    case denied(Denial)
}

/// A request that at least one rule may permit. Valid for the policy that made it, and no other.
package struct Match: Sendable, Hashable {
    /// Where to connect and what to name in `Host`, `:authority`, SNI and the certificate check.
    package let origin: Origin
    /// The target to send, unchanged.
    package let target: RequestTarget
    let candidates: RuleSet

    /// The indexes of the rules that may permit the request, in order; the address decides which does.
    package var rules: [Int] { Array(candidates) }
}

/// Why a request was denied, in the terms of RFC 9209.
package struct Denial: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        case malformedMethod
        case malformedOrigin(OriginError.Code)
        case malformedTarget(RequestTargetError.Reason)
        case originNotListed, methodNotAllowed, pathNotAllowed, encodedSlashes
        /// The host resolves to an address that no matching rule holds.
        case addressNotListed
        case addressClass(AddressClass)
    }

    package let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    /// Whether it is the address that no rule allows, and not the request.
    package var isOfAddress: Bool {
        switch reason {
        case .addressNotListed, .addressClass: true
        default: false
        }
    }

    /// One sentence for `Proxy-Status`'s `details`: printable ASCII without quotes, no host, address, path or rule in
    /// it.
    package var details: String {
        switch reason {
        case .malformedMethod: "The method is not a token."
        case .malformedOrigin(let code): OriginError(code).description
        case .malformedTarget(let reason): RequestTargetError(reason).description
        case .originNotListed: "No rule of the connector allows this origin."
        case .methodNotAllowed: "No rule of the connector allows this method here."
        case .pathNotAllowed: "No rule of the connector allows this path."
        case .encodedSlashes: "No rule of the connector allows encoded slashes in this path."
        case .addressNotListed: "No rule of the connector allows the address this host has."
        case .addressClass(let addressClass):
            "The host has a \(addressClass.rawValue) address: only a rule naming that host or address allows it."
        }
    }

    package var description: String { details }
}
