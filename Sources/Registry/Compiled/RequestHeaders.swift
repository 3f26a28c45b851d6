import EgressPolicy

/// Which header fields of a raw request an API is sent: a list of what passes, so that what nobody thought of does not.
package struct RequestHeaders: Sendable, Hashable {
    /// What passes beside the default list, by `security.request_headers`.
    enum Extra: Sendable, Hashable {
        /// Lower case.
        case named(Set<String>)
        /// `"*"`: all but what says who is calling.
        case allButIdentity
    }

    private let extra: Extra
    /// The header parameters of the endpoints, lower case.
    private let declared: Set<String>
    /// What the credential and the route set, as ``HeaderRules/folded(_:)`` writes names.
    private let injected: Set<String>

    init(_ extra: Extra, _ endpoints: [CompiledEndpoint], _ auth: AuthPlan, _ route: APIRoute) {
        self.extra = extra
        declared = Set(
            endpoints.flatMap(\.parameters).filter { $0.location == .header }.map { $0.name.lowercased() })
        injected = Set((auth.headerNames + route.headerNames).map { HeaderRules.folded($0) })
    }

    /// Whether a caller's field passes. The relay's own fields and the credential's never do, nor do their twins.
    package func passes(_ name: String) -> Bool {
        guard HeaderRules.isValidFieldName(name), !HeaderRules.isReservedInRequests(name),
            !injected.contains(HeaderRules.folded(name))
        else { return false }
        let lower = name.lowercased()
        if HeaderRules.isPassedInRawRequests(lower) || declared.contains(lower) { return true }
        return switch extra {
        case .named(let names): names.contains(lower)
        case .allButIdentity: !HeaderRules.isIdentity(lower)
        }
    }
}
