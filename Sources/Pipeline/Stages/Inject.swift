import EgressPolicy
import Failure
import Logging
import NIOCore
import NIOHTTP1
import Registry
import Vault
import Value

/// Stage: the credential, opened for this one request.
extension Pipeline {
    /// Puts the API's credential into a copy of the request.
    ///
    /// - Parameters:
    ///   - sendsCredential: false for a public operation.
    ///   - token: the access token to send, where the API takes one.
    /// - Throws: `CREDENTIAL_MISSING` where it is not there, cannot be opened, or cannot be sent as it is: such a call
    ///   never leaves without it (S9).
    func inject(
        _ api: CompiledAPI, sendsCredential: Bool, _ choice: CredentialChoice, _ token: AccessToken?,
        into request: OutboundRequest, _ context: CallContext
    ) throws(CallFailure) -> Injected {
        // Whatever let it come here: such a request's answer is the request itself.
        guard !Methods.isRefused(request.method) else { throw Self.unsendable }
        var injected = Injected(request: request)
        if case .cloudflare(_, let access?) = api.route {
            try inject(header: "cf-access-client-id", try open(access.clientID, context), &injected)
            try inject(header: "cf-access-client-secret", try open(access.clientSecret, context), &injected)
        }
        try checkCurrent(api, context)
        guard sendsCredential else { return injected }
        var isAnyPrevious = false
        let opened = Opened { credential throws(CallFailure) in
            guard choice == .previous, let previous = try self.openPrevious(credential) else {
                return try self.open(credential, context)
            }
            isAnyPrevious = true
            return previous
        }
        var credentials: [AuthPlan.Credential] = []
        for part in api.auth.parts {
            if case .oauth2 = part {
                guard let token else { throw Self.refused }
                try inject(header: "authorization", prefix: "Bearer ", token.secret, &injected)
                injected.generation = token.generation
                if choice == .current { injected.next = .newer(than: token.generation) }
            } else {
                try inject(part, &injected, opened)
                credentials += part.credentials
            }
        }
        if injected.next == nil, !context.isDraft, choice != .previous, hasPrevious(credentials) {
            injected.next = .previous
        }
        // Nothing older is in force any more: the same would only be refused again.
        if choice == .previous, !isAnyPrevious { throw Self.refused }
        return injected
    }

    /// A call that began with an earlier definition must not carry a credential that was set for the present one.
    func checkCurrent(_ api: CompiledAPI, _ context: CallContext) throws(CallFailure) {
        guard context.isDraft || directory.compiledIfReady(user: api.user, slug: api.slug) === api else {
            throw CallFailure(
                .overloaded, stage: .relay, detail: "The API was changed during the call.", retryAfter: 1)
        }
    }

    private struct Opened {
        let open: (AuthPlan.Credential) throws(CallFailure) -> Secret
    }

    private func inject(_ plan: AuthPlan, _ injected: inout Injected, _ opened: Opened) throws(CallFailure) {
        switch plan {
        case .none, .oauth2, .all:
            return
        case .header(let name, let prefix, let credential):
            try inject(header: name, prefix: prefix, try opened.open(credential), &injected)
        case .headers(let headers):
            for header in headers {
                switch header.value {
                case .literal(let text): injected.request.headers.replaceOrAdd(name: header.name, value: text)
                case .secret(let credential):
                    try inject(header: header.name, try opened.open(credential), &injected)
                }
            }
        case .query(let name, let prefix, let credential):
            let secret = try opened.open(credential)
            var query = QueryRenderer()
            do throws(RenderError) {
                try query.append(name, prefix + secret.text)
            } catch {
                throw Self.unsendable
            }
            injected.request.target +=
                (injected.request.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + (query.query ?? "")
            injected.secrets += Self.spellings(of: secret)
        case .cookie(let name, let prefix, let credential):
            let secret = try opened.open(credential)
            let value = prefix + secret.text
            guard HeaderRules.isValidCookieValue(value) else { throw Self.unsendable }
            let others = injected.request.headers["cookie"]
            injected.request.headers.replaceOrAdd(
                name: "cookie", value: (others + ["\(name)=\(value)"]).joined(separator: "; "))
            injected.request.sensitive.append("cookie")
            injected.secrets.append(secret)
        case .basic(let username, let password):
            try inject(basic: username, password, &injected, opened)
        case .url(let credential):
            let secret = try opened.open(credential)
            guard let target = SecretPlace.filled(injected.request.target, with: secret.text) else {
                throw Self.unsendable
            }
            injected.request.target = target
            injected.secrets += Self.spellings(of: secret)
        }
    }

    /// A secret and how it stands in a URL: what an API encodes of its request's URL holds the latter (C5).
    private static func spellings(of secret: Secret) -> [Secret] {
        let segments = secret.text.split(separator: "/", omittingEmptySubsequences: false)
        let inPath = segments.map { PercentEncoding.encoded($0.utf8) }.joined(separator: "/")
        let inQuery = PercentEncoding.encoded(secret.text.utf8)
        return [secret] + Set([inPath, inQuery]).subtracting([secret.text]).sorted().map { Secret(text: $0) }
    }

    private func inject(
        header name: String, prefix: String = "", _ secret: Secret, _ injected: inout Injected
    ) throws(CallFailure) {
        let value = prefix + secret.text
        guard HeaderRules.isValidFieldValue(value) else { throw Self.unsendable }
        injected.request.headers.replaceOrAdd(name: name, value: value)
        injected.request.sensitive.append(name.lowercased())
        injected.secrets.append(secret)
    }

    /// RFC 7617: a user name holds no colon.
    private func inject(
        basic username: AuthPlan.Text, _ password: AuthPlan.Text, _ injected: inout Injected, _ opened: Opened
    ) throws(CallFailure) {
        let name = try text(username, &injected, opened)
        let secret = try text(password, &injected, opened)
        guard !name.utf8.contains(UInt8(ascii: ":")) else { throw Self.unsendable }
        let pair = Array("\(name):".utf8) + Array(secret.utf8)
        injected.request.headers.replaceOrAdd(
            name: "authorization", value: "Basic " + String(decoding: Base64.encode(pair), as: UTF8.self))
        injected.request.sensitive.append("authorization")
        injected.secrets.append(Secret(pair))
    }

    private func text(
        _ text: AuthPlan.Text, _ injected: inout Injected, _ opened: Opened
    ) throws(CallFailure) -> String {
        switch text {
        case .literal(let text): return text
        case .secret(let credential):
            let secret = try opened.open(credential)
            injected.secrets.append(secret)
            return secret.text
        }
    }

    // MARK: access tokens

    /// The access token to send, where it need not be waited for; nil where ``accessToken(_:of:_:deadline:_:)`` has to be
    /// asked.
    func accessTokenAtOnce(
        of api: CompiledAPI, _ choice: CredentialChoice, _ context: CallContext
    ) -> AccessToken? {
        if case .newer = choice { return nil }
        return tokens.held(of: context.stateKey(api))
    }

    /// The access token to send, fetched where none holds.
    func accessToken(
        _ plan: OAuth2Plan, of api: CompiledAPI, _ choice: CredentialChoice, deadline: NIODeadline,
        _ context: CallContext
    ) async throws(CallFailure) -> AccessToken {
        var rejected: UInt64?
        if case .newer(let generation) = choice { rejected = generation }
        return try await tokens.token(of: context.stateKey(api), rejected: rejected) {
            try await self.fetchToken(plan, of: api, deadline: deadline, context)
        }
    }

    // MARK: the vault

    func open(_ credential: AuthPlan.Credential, _ context: CallContext) throws(CallFailure) -> Secret {
        if let secret = context.draftSecrets?[credential.reference] { return secret }
        do {
            return try vault.open(credential.place)
        } catch {
            throw missing(error)
        }
    }

    /// The value that the last rotation replaced, while both are in force.
    private func openPrevious(_ credential: AuthPlan.Credential) throws(CallFailure) -> Secret? {
        do {
            return try vault.openPrevious(credential.place)
        } catch {
            throw missing(error)
        }
    }

    private func hasPrevious(_ credentials: [AuthPlan.Credential]) -> Bool {
        credentials.contains { ((try? vault.openPrevious($0.place)) ?? nil) != nil }
    }

    private func missing(_ error: any Error) -> CallFailure {
        let reason = (error as? VaultError)?.code.description ?? "the store failed"
        logger.error("credential not readable", metadata: ["reason": "\(reason)"])
        return CallFailure(
            .credentialMissing, stage: .relay, detail: "The API's credential is missing or cannot be read.")
    }

    private static var unsendable: CallFailure {
        CallFailure(
            .credentialMissing, stage: .relay,
            detail: "The API's credential holds characters that cannot be sent. Set it again.")
    }

    private static var refused: CallFailure {
        CallFailure(.authenticationFailed, stage: .origin, detail: "The API refused the credential.", sent: true)
    }
}

extension AuthPlan.Credential {
    /// Where it is in the vault.
    fileprivate var place: VaultReference {
        get throws(VaultError) { try VaultReference(user: user, api: api, field: field) }
    }
}

extension Secret {
    /// A copy as text, for building a request. Swift cannot wipe it; the threat model says so.
    var text: String { withUTF8 { String(decoding: $0, as: UTF8.self) } }
}
