import EgressPolicy
package import Failure
package import Registry

extension Directory {
    /// A user's API by its slug, compiled first where no call has used it since the start; nil where there is none.
    ///
    /// - Throws: `OVERLOADED` where its definition cannot be read just now.
    package func located(user: String, slug: String) async throws(CallFailure) -> CompiledAPI? {
        do throws(StoreError) {
            return try await api(user: user, slug: slug)
        } catch {
            throw CallFailure(
                .overloaded, stage: .relay, detail: "The API's definition cannot be read just now.", retryAfter: 5)
        }
    }
}

/// Stage: the caller's API, and the endpoint of it.
extension Pipeline {
    /// The API of that slug, where the caller's token covers it. Anything else is unknown, whoever's it is.
    ///
    /// - Returns: nil where its definition has to be compiled first: ``locate(_:for:)`` waits for that.
    func locateAtOnce(_ slug: String, for token: Token) throws(CallFailure) -> CompiledAPI? {
        guard token.kind == .agent || token.kind == .user, let user = token.user else {
            throw CallFailure(.forbidden, stage: .policy, detail: "Tools are called with an agent's or a user's token.")
        }
        guard token.allows(slug: slug) else { throw Self.unknownAPI }
        let api: CompiledAPI
        switch directory.lookUp(user: user, slug: slug) {
        case .ready(let ready): api = ready
        case .cold: return nil
        case .unknown: throw Self.unknownAPI
        }
        try Self.checkNotSuspended(api)
        return api
    }

    /// As ``locateAtOnce(_:for:)``, once the definition is compiled.
    func locate(_ slug: String, for token: Token) async throws(CallFailure) -> CompiledAPI {
        if let api = try locateAtOnce(slug, for: token) { return api }
        guard let api = try await directory.located(user: token.user ?? "", slug: slug) else { throw Self.unknownAPI }
        try Self.checkNotSuspended(api)
        return api
    }

    private static var unknownAPI: CallFailure {
        CallFailure(.unknownAPI, stage: .policy, detail: "There is no API of that name.")
    }

    /// - Throws: `FORBIDDEN` for an API that an operator has suspended.
    package static func checkNotSuspended(_ api: CompiledAPI) throws(CallFailure) {
        guard !api.isSuspended else {
            throw CallFailure(.forbidden, stage: .policy, detail: "The relay's operator has suspended this API.")
        }
    }

    func locate(_ name: String, in api: CompiledAPI) throws(CallFailure) -> CompiledEndpoint {
        guard let endpoint = api.endpoint(named: name) else {
            throw CallFailure(.endpointNotFound, stage: .policy, detail: "The API has no endpoint of that name.")
        }
        return endpoint
    }

    /// Whether every encoded slash of a path stands in a parameter that may hold one (S6).
    private static func allowsSlashes(_ endpoint: CompiledEndpoint?, _ path: some StringProtocol) -> Bool {
        guard let endpoint, let values = endpoint.template.match(path) else { return false }
        let allowed = endpoint.slashParameters
        return zip(endpoint.template.names, values).allSatisfy { name, value in
            let text = value.lowercased()
            return allowed.contains(name) || !text.contains("%2f") && !text.contains("%5c")
        }
    }

    /// The most specific endpoint whose method and path this raw request has; nil where the API is open and none has. A
    /// HEAD has the path of a GET (RFC 9110, section 9.3.2).
    func locate(method: String, target: RequestTarget, in api: CompiledAPI) throws(CallFailure) -> CompiledEndpoint? {
        var best = api.endpoint(method: method, path: target.path)
        if best == nil, method == "HEAD" { best = api.endpoint(method: "GET", path: target.path) }
        if target.hasEncodedSlash, !Self.allowsSlashes(best, target.path) {
            throw CallFailure(
                .invalidRequest, stage: .policy, detail: "The path holds an encoded slash, which no parameter allows.")
        }
        guard best != nil || api.proxy == .open else {
            throw CallFailure(
                .endpointNotFound, stage: .policy, detail: "No endpoint of the API has this method and path.")
        }
        return best
    }
}
