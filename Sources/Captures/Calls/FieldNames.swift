import Drafts
import EgressPolicy

/// What the name of a header, a query parameter or a cookie says of what it carries.
enum FieldNames {
    /// Headers that a client adds by itself, or that a proxy or a tracer did.
    static func isIgnoredHeader(_ name: String) -> Bool {
        let lower = name.lowercased()
        return ignored.contains(lower) || prefixes.contains { lower.hasPrefix($0) } || isAntiForgery(name)
            || HeaderRules.isReservedInRequests(name) || HeaderRules.isHopByHop(name)
            || !HeaderRules.isValidFieldName(name)
    }

    private static let ignored: Set<String> = [
        "accept", "accept-encoding", "accept-language", "accept-charset", "user-agent", "referer", "origin",
        "content-type", "content-length", "content-encoding", "dnt", "pragma", "cache-control", "priority", "range",
        "if-none-match", "if-modified-since", "x-requested-with", "postman-token", "traceparent", "tracestate",
        "baggage", "x-request-id", "x-correlation-id", "newrelic", "sentry-trace", "save-data", "purpose",
        "date",
    ]
    private static let prefixes = ["sec-", "x-b3-", "x-amzn-", "x-datadog-", "x-newrelic-", "x-client-data", "cf-"]

    /// Whether a header of this name carries a credential; `Authorization` and `Cookie` are looked into by themselves.
    static func isCredentialHeader(_ name: String) -> Bool {
        !HeaderRules.isReservedInRequests(name) && !isIgnoredHeader(name) && isCredential(name)
    }

    /// Whether a query parameter of this name carries one.
    static func isCredentialQuery(_ name: String) -> Bool {
        isCredential(name) || ["key", "auth", "sig", "signature", "code", "jwt", "pwd"].contains(name.lowercased())
    }

    /// Whether a cookie of this name tells who is calling.
    static func isSessionCookie(_ name: String) -> Bool {
        let lower = name.lowercased()
        guard !lower.hasPrefix("_ga"), !lower.contains("csrf"), !lower.contains("xsrf") else { return false }
        return isCredential(name) || ["sess", "sid", "login", "remember"].contains { lower.contains($0) }
    }

    private static let whole: Set<String> = [
        "apikey", "accesskey", "authkey", "secretkey", "secret", "token", "password", "passwd", "authtoken",
        "accesstoken", "idtoken", "refreshtoken", "clientsecret", "apisecret", "apitoken", "authorization", "session",
        "sessionid", "subscriptionkey", "ocpapimsubscriptionkey", "appkey", "applicationkey", "privatekey",
        "credentials", "credential", "jwt", "bearer",
    ]
    private static let endings = [
        "apikey", "token", "secret", "password", "accesskey", "authkey", "secretkey", "subscriptionkey", "appkey",
        "apisecret", "authorization", "auth", "signature", "sessionid", "privatekey",
    ]
    private static let pages = [
        "page", "next", "continuation", "cursor", "sync", "idempotency", "request", "prev", "cancel",
        "delta", "skip",
    ]

    /// Whether a field of this name proves that a page of the API's own sent the call, which says nothing of who did:
    /// each page has another value.
    static func isAntiForgery(_ name: String) -> Bool {
        let plain = plain(name)
        return ["csrf", "xsrf", "forgery", "requestverificationtoken", "authenticitytoken", "wpnonce"].contains {
            plain.contains($0)
        }
    }

    private static func plain(_ name: String) -> String {
        String(
            decoding: name.lowercased().utf8.filter { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) },
            as: UTF8.self)
    }

    private static func isCredential(_ name: String) -> Bool {
        let plain = plain(name)
        // Atlassian's says that no such proof is needed.
        guard !isAntiForgery(name), plain != "xatlassiantoken" else { return false }
        let text = plain.hasPrefix("x") ? String(plain.dropFirst()) : plain
        if whole.contains(plain) || whole.contains(text) { return true }
        guard !pages.contains(where: { plain.contains($0) }) else { return false }
        return endings.contains { plain.hasSuffix($0) } || text.hasPrefix("apikey")
    }
}
