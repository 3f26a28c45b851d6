extension RateDecision {
    /// The header fields that tell a caller about the limits: `RateLimit-Policy` and `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers-10, structured fields of RFC 9651), and `Retry-After` in seconds
    /// (RFC 9110 section 10.2.3) where the call is refused. Empty where there is no limit. Names are lower case.
    package var headerFields: [(name: String, value: String)] {
        var policies: [String] = []
        var states: [String] = []
        for (name, quota, window) in [("minute", minute, 60), ("day", day, 86_400)] {
            guard let quota else { continue }
            policies.append("\"\(name)\";q=\(quota.limit);w=\(window)")
            states.append("\"\(name)\";r=\(quota.remaining);t=\(quota.reset)")
        }
        var fields: [(name: String, value: String)] = []
        if !policies.isEmpty {
            fields.append(("ratelimit-policy", policies.joined(separator: ", ")))
            fields.append(("ratelimit", states.joined(separator: ", ")))
        }
        if case .refused(_, let retryAfter) = outcome { fields.append(("retry-after", String(retryAfter))) }
        return fields
    }
}
