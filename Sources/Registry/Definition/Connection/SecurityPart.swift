import EgressPolicy
import Value

/// `security`: what calls are limited to.
struct SecurityPart: Sendable {
    /// Nil: everything below the base URL.
    var allowlist: URLAllowlist?
    var addresses: [CIDR]?
    var limits = CallLimits()
    var validation = CompiledAPI.Validation.strict
    var argumentFormats = CompiledAPI.Validation.strict
    var proxy = CompiledAPI.Proxy.endpoints
    var requestHeaders = RequestHeaders.Extra.named([])

    private static let mostPatterns = 200
    private static let mostRanges = 1000
    private static let mostCalls = 1_000_000_000
    private static let mostHeaders = 100

    init(_ security: ObjectReader?) {
        guard let security else { return }
        allowlist = Self.allowlist(security)
        addresses = Self.addresses(security)
        if let rates = security.nested("rate_limit") {
            limits.perMinute = rates.int("requests_per_minute", in: 1...Self.mostCalls)
            limits.perDay = rates.int("requests_per_day", in: 1...Self.mostCalls)
            rates.finish(elsewhere: ["max_in_flight": "\"max_in_flight\" stands directly under \"security\"."])
        }
        limits.inFlight = security.int("max_in_flight", in: 1...100_000)
        validation =
            security.word("validation", among: ["strict", "warn", "off"]).flatMap(CompiledAPI.Validation.init)
            ?? .strict
        argumentFormats =
            security.word("argument_formats", among: ["strict", "warn", "off"]).flatMap(CompiledAPI.Validation.init)
            ?? .strict
        proxy =
            security.word("proxy", among: ["endpoints", "open"]).flatMap(CompiledAPI.Proxy.init) ?? .endpoints
        requestHeaders = Self.requestHeaders(security)
        let rates = ["requests_per_minute", "requests_per_day"].map { ($0, "\"\($0)\" belongs under \"rate_limit\".") }
        security.finish(elsewhere: Dictionary(uniqueKeysWithValues: rates))
    }

    private static func allowlist(_ security: ObjectReader) -> URLAllowlist? {
        guard security.has("url_allowlist") else {
            _ = security.value("url_allowlist")
            return nil
        }
        var patterns: [String] = []
        for (value, pointer) in security.elements("url_allowlist", atMost: mostPatterns) {
            guard let text = value.string else {
                security.faults.invalid(pointer, "A URL pattern is a string, not \(value.typeName).")
                continue
            }
            let pattern = SecretPart.pattern(text)
            do throws(RuleError) {
                _ = try URLAllowlist([pattern])
                patterns.append(pattern)
            } catch {
                security.faults.invalid(pointer, "\(error)")
            }
        }
        return try? URLAllowlist(patterns)
    }

    /// `"*"`, or a list of names. A name that is listed is passed even where it says who is calling: that is its owner's
    /// decision. What frames or authenticates the request stays the relay's to write (S8).
    private static func requestHeaders(_ security: ObjectReader) -> RequestHeaders.Extra {
        if security.object["request_headers"]?.string == "*" {
            _ = security.value("request_headers")
            return .allButIdentity
        }
        var names: Set<String> = []
        for (value, pointer) in security.elements("request_headers", atMost: mostHeaders) {
            guard let name = value.string, HeaderRules.isValidFieldName(name) else {
                security.faults.invalid(
                    pointer, "This must be a header's name; to pass all but those that say who is calling, write \"*\"."
                )
                continue
            }
            guard name != "*" else {
                security.faults.invalid(pointer, "Write \"request_headers\": \"*\" instead of a list.")
                continue
            }
            guard !HeaderRules.isReservedInRequests(name), !HeaderRules.isHopByHop(name) else {
                security.faults.invalid(pointer, "The header \(name) is reserved: no caller can set it.")
                continue
            }
            names.insert(name.lowercased())
        }
        return .named(names)
    }

    private static func addresses(_ security: ObjectReader) -> [CIDR]? {
        guard security.has("ip_allowlist") else {
            _ = security.value("ip_allowlist")
            return nil
        }
        if security.object["ip_allowlist"]?.array?.isEmpty ?? false {
            security.faults.invalid(
                security.place("ip_allowlist"), "An empty list allows no address; leave it out to allow all.")
        }
        var ranges: [CIDR] = []
        for (value, pointer) in security.elements("ip_allowlist", atMost: mostRanges) {
            guard let text = value.string else {
                security.faults.invalid(pointer, "An address or range is a string, not \(value.typeName).")
                continue
            }
            do throws(RuleError) {
                ranges.append(try CIDR(text))
            } catch {
                security.faults.invalid(pointer, "\(error)")
            }
        }
        return ranges
    }
}
