/// What a connector lets through: deny by default, decided from the owner's rules alone, so that nothing a relay sends
/// can widen it (T9).
///
/// A call is judged twice: ``judge(method:scheme:authority:target:encodedSlashes:)`` before its name is resolved, and
/// ``judge(address:for:)`` for the address that is about to be dialled, on every use of a pooled connection again (S1).
/// Where several rules permit a call, the first one listed counts.
package struct LocalPolicy: Sendable {
    private let rules: [CompiledRule]

    /// Compiles `rules`; an empty list denies everything.
    /// - Throws: `RuleError` with the index and the text of the first malformed rule.
    package init(_ rules: [LocalRule]) throws(RuleError) {
        var compiled: [CompiledRule] = []
        for (index, rule) in rules.enumerated() {
            do throws(RuleError) {
                compiled.append(try CompiledRule(rule))
            } catch {
                throw error.at(index)
            }
        }
        self.rules = compiled
    }

    /// The parsed origins, in the order of the rules.
    package var origins: [OriginPattern] { rules.map(\.origin) }

    /// Judges a request as it came off the wire.
    /// - Parameters:
    ///   - scheme: the `:scheme` field.
    ///   - authority: the `:authority` field. Send ``Origin/authority`` of the match to the origin, nothing else.
    ///   - target: the `:path` field, raw.
    ///   - encodedSlashes: what the call itself asks for; a rule must permit it too (S6).
    package func judge(
        method: String, scheme: String, authority: String, target: String, encodedSlashes: EncodedSlashes
    ) -> Decision {
        guard HeaderRules.isValidMethod(method) else { return .denied(Denial(.malformedMethod)) }
        let origin: Origin
        let parsed: RequestTarget
        do throws(OriginError) {
            origin = try Origin(scheme: scheme, authority: authority)
        } catch {
            return .denied(Denial(.malformedOrigin(error.code)))
        }
        do throws(RequestTargetError) {
            parsed = try RequestTarget(target, encodedSlashes: encodedSlashes)
        } catch {
            return .denied(Denial(.malformedTarget(error.reason)))
        }
        return judge(method: method, origin: origin, target: parsed)
    }

    /// Judges a request whose parts are parsed already.
    package func judge(method: String, origin: Origin, target: RequestTarget) -> Decision {
        var candidates = RuleSet()
        var closest = Denial.Reason.originNotListed
        let path = target.path
        for (index, rule) in rules.enumerated() where rule.origin.matches(scheme: origin.scheme, port: origin.port) {
            // A name may still resolve into a range or to an address; a literal is decided here.
            guard rule.origin.host.matches(origin.host) || origin.host.isName && rule.origin.host.concernsAddresses
            else {
                continue
            }
            if !rule.allows(method: method) {
                if closest == .originNotListed { closest = .methodNotAllowed }
            } else if !rule.allows(path: path) {
                if closest != .encodedSlashes { closest = .pathNotAllowed }
            } else if target.hasEncodedSlash, rule.encodedSlashes == .refuse {
                closest = .encodedSlashes
            } else {
                candidates.insert(index)
            }
        }
        guard !candidates.isEmpty else { return .denied(Denial(closest)) }
        let match = Match(origin: origin, target: target, candidates: candidates)
        if case .address(let address) = origin.host, case .denied(let denial) = judge(address: address, for: match) {
            return .denied(denial)
        }
        return .allowed(match)
    }

    /// Judges the address that is about to be dialled, or that a pooled connection is connected to.
    ///
    /// A rule for the name permits any private or global address. A rule for a range or an address permits what it
    /// holds. Loopback, link-local, metadata, unspecified and multicast addresses need a rule that names exactly the
    /// host or exactly the address.
    package func judge(address: IPAddress, for match: Match) -> AddressDecision {
        let addressClass = address.classify()
        for index in match.candidates where index < rules.count {
            let pattern = rules[index].origin.host
            let isExact: Bool
            if case .exact = pattern { isExact = true } else { isExact = false }
            guard pattern.matches(match.origin.host) || pattern.holds(address) else { continue }
            // The name matched, or the address did; a literal host must be the very address dialled.
            if case .address(let literal) = match.origin.host, literal.unmapped != address.unmapped { continue }
            if isExact || !addressClass.needsExactRule { return .allowed(rule: index) }
        }
        return .denied(Denial(addressClass.needsExactRule ? .addressClass(addressClass) : .addressNotListed))
    }
}

extension Host {
    var isName: Bool {
        if case .name = self { true } else { false }
    }
}
