/// Which headers may travel, and what may stand in them. Names are compared without regard to case.
package enum HeaderRules {
    /// True for fields that belong to one connection (RFC 9110 section 7.6.1) and are never forwarded. What
    /// `Connection` nominates comes on top: ``ConnectionOptions``.
    package static func isHopByHop(_ name: some StringProtocol) -> Bool { hopByHop.contains(name) }

    /// True for request headers that an agent's argument or proxied request can never set (S8): what frames the
    /// message, names its host, identifies its sender, or makes an origin see another method, path or client; and for
    /// their twins (``folded(_:)``).
    package static func isReservedInRequests(_ name: some StringProtocol) -> Bool { reserved.contains(name) }

    /// True for headers with which a request claims another method, path or host than it has. Some origins believe
    /// them, which would carry a request past a policy that allows only its visible method and path.
    package static func isOverride(_ name: some StringProtocol) -> Bool { overrides.contains(name) }

    /// The one spelling that the twins of a name share: lower case, and `-` for everything that is neither a letter nor a
    /// digit. An origin that reads headers as CGI variables knows no difference between `X-User`, `X_User` and
    /// `X.User`, so that a name is protected in none of them or in all. Names of cookies and query parameters have
    /// twins of the same kind (PHP folds `.`, space and `[`).
    package static func folded(_ name: some StringProtocol) -> String {
        withBytes(of: name) { String(decoding: $0.lazy.map(\.foldedName), as: UTF8.self) }
    }

    /// True for request headers with which a front of an origin says who is calling, or from where. Origins behind such
    /// a front believe them, so that no raw request may bring one unless the API's owner names it.
    package static func isIdentity(_ name: some StringProtocol) -> Bool {
        if identity.contains(name) { return true }
        let folded = folded(name)
        return folded.hasPrefix("x-goog-") && folded.hasSuffix("-identity")
    }

    /// True for request headers that a raw request passes without being asked for: they say something of the request or
    /// of the answer that is wanted, and nothing of who is calling. Exactly these spellings, in any case.
    package static func isPassedInRawRequests(_ name: some StringProtocol) -> Bool { passedOn.contains(name) }

    /// True for response headers that may pass back to an agent. Everything not listed is stripped.
    package static func isResponseHeaderForAgent(_ name: some StringProtocol) -> Bool { passedBack.contains(name) }

    private static let hopByHop = HeaderNameSet([
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "http2-settings",
    ])

    private static let overrideNames = [
        "x-http-method-override", "x-http-method", "x-method-override", "x-original-method", "x-original-url",
        "x-rewrite-url", "x-original-uri", "x-original-host", "x-host", "x-http-host-override",
    ]

    private static let overrides = HeaderNameSet(overrideNames, folds: true)

    private static let reserved = HeaderNameSet(
        overrideNames + [
            "host", "authorization", "cookie", "cookie2", "set-cookie", "content-length", "transfer-encoding",
            "connection", "te", "trailer", "upgrade", "keep-alive", "expect", "http2-settings", "alt-used", "via",
            "forwarded", "x-forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip",
            "cf-connecting-ip", "fastly-client-ip", "front-end-https", "max-forwards", "early-data",
            // The relay decodes responses itself and asks only for what it can decode.
            "accept-encoding",
        ], prefixes: [":", "x-forwarded-", "proxy-", "penstock-"], folds: true)

    private static let identity = HeaderNameSet(
        [
            "client-ip", "x-azure-clientip", "x-azure-socketip", "fly-client-ip", "x-appengine-user-ip",
            "x-proxyuser-ip", "x-nf-client-connection-ip", "x-user", "x-userinfo", "x-username", "x-user-id",
            "x-user-name", "x-user-email", "x-authenticated-user", "x-authenticated-userid", "x-credential-identifier",
            "x-credential-username", "x-anonymous-consumer", "x-arr-clientcert", "x-arr-ssl", "x-verified-cn",
        ],
        prefixes: [
            "remote-", "x-remote-", "x-auth-request-", "x-authenticated-", "x-webauth-", "x-authentik-", "x-pomerium-",
            "x-vouch-", "x-consumer-", "ssl-", "x-ssl-", "x-client-cert", "x-client-dn", "x-client-verify",
            "x-client-subject", "x-tls-client-", "client-cert", "cf-", "x-amzn-oidc-", "x-amzn-mtls-",
            "x-goog-authenticated-user-", "x-goog-iap-", "x-ms-client-principal", "x-ms-token-", "x-envoy-",
            "x-original-", "x-rewrite-", "tailscale-", "oidc-", "shib-", "x-shib-",
        ], folds: true)

    private static let passedOn = HeaderNameSet(
        [
            "accept", "accept-language", "content-type", "content-encoding", "content-language", "range", "if",
            "idempotency-key", "prefer", "user-agent", "traceparent", "tracestate", "baggage", "soapaction",
            "x-requested-with", "x-csrf-token", "x-xsrf-token", "depth", "destination", "overwrite",
            "x-goog-fieldmask",
        ], prefixes: ["if-"])

    private static let passedBack = HeaderNameSet(
        [
            "content-type", "content-length", "content-encoding", "content-language", "content-disposition",
            "content-range", "content-digest", "repr-digest", "digest", "content-md5", "etag", "last-modified",
            "cache-control", "expires", "date", "age", "vary", "retry-after", "link", "accept-ranges", "allow",
            "deprecation", "sunset", "warning", "preference-applied", "x-content-type-options", "x-request-id",
            "x-correlation-id", "x-total-count", "x-total-pages", "x-total", "x-page", "x-per-page", "x-next-page",
            "x-prev-page", "grpc-status", "grpc-message", "grpc-encoding",
        ], prefixes: ["ratelimit", "x-ratelimit-", "x-rate-limit-"])
}
