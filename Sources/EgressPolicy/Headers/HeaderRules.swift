/// Which headers may travel, and what may stand in them. Names are compared without regard to case.
package enum HeaderRules {
    /// True for fields that belong to one connection (RFC 9110 section 7.6.1) and are never forwarded. What
    /// `Connection` nominates comes on top: ``ConnectionOptions``.
    package static func isHopByHop(_ name: some StringProtocol) -> Bool { hopByHop.contains(name) }

    /// True for request headers that an agent's argument or proxied request can never set (S8): what frames the
    /// message, names its host, identifies its sender, or makes an origin see another method, path or client. `_`
    /// counts as `-`.
    package static func isReservedInRequests(_ name: some StringProtocol) -> Bool { reserved.contains(name) }

    /// True for headers with which a request claims another method, path or host than it has. Some origins believe
    /// them, which would carry a request past a policy that allows only its visible method and path.
    package static func isOverride(_ name: some StringProtocol) -> Bool { overrides.contains(name) }

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

    private static let overrides = HeaderNameSet(overrideNames, foldsUnderscores: true)

    private static let reserved = HeaderNameSet(
        overrideNames + [
            "host", "authorization", "cookie", "cookie2", "set-cookie", "content-length", "transfer-encoding",
            "connection", "te", "trailer", "upgrade", "keep-alive", "expect", "http2-settings", "alt-used", "via",
            "forwarded", "x-forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip",
            "cf-connecting-ip", "fastly-client-ip", "front-end-https", "max-forwards", "early-data",
            // The relay decodes responses itself and asks only for what it can decode.
            "accept-encoding",
        ], prefixes: [":", "x-forwarded-", "proxy-", "penstock-"], foldsUnderscores: true)

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
