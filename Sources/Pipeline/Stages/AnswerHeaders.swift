import EgressPolicy
import NIOHTTP1
import Registry
import Value

/// Stage: the response headers that a tool's answer carries.
enum AnswerHeaders {
    /// Carried for every endpoint; `response_headers` of an endpoint adds to them.
    static let always = ["location", "etag", "link", "operation-location", "content-disposition"]

    /// The chosen ones by their names in lower case, with the API's base URL taken out of URLs.
    ///
    /// Fields that are repeated are joined by a comma (RFC 9110, section 5.3), but for `set-cookie`, which is a list.
    ///
    /// - Parameter headers: without the call's secrets.
    static func chosen(_ headers: HTTPHeaders, for endpoint: CompiledEndpoint, of api: CompiledAPI) -> JSONObject {
        let urls = BaseURLRemoval(api)
        var chosen = JSONObject()
        for name in always + endpoint.responseHeaders where chosen[name] == nil {
            let values = headers[name].filter { HeaderRules.isValidFieldValue($0) }
            guard !values.isEmpty else { continue }
            if name == "set-cookie" {
                chosen[name] = .array(values.map { .string($0) })
            } else {
                chosen[name] = .string(urls.relative(values.joined(separator: ", "), in: name))
            }
        }
        return chosen
    }
}

/// Takes an API's base URL out of the URLs in its answers' headers. Agents do not know it, and a path below it is what they
/// can call.
struct BaseURLRemoval {
    private let origin: Origin
    private let prefix: String

    init(_ api: CompiledAPI) {
        origin = api.base.origin
        // Where a part of it is secret, the scrubber has been there before.
        prefix = api.base.pathPrefix.replacing("{secret}", with: "[redacted]")
    }

    /// The value of a field: each URL in `Link` and `Refresh`-like lists, the whole value of the others.
    func relative(_ value: String, in name: String) -> String {
        if name == "link" { return links(value) }
        let isURL = name.hasSuffix("location") || name == "azure-asyncoperation"
        guard isURL || value.hasPrefix("http://") || value.hasPrefix("https://") else { return value }
        return relative(value)
    }

    /// A reference below the base URL as a path that begins with a slash; others as they are, without the API's own
    /// scheme and host.
    func relative(_ url: String) -> String {
        var path = url[...]
        if let authority = Self.authority(url) {
            guard isOwn(authority.scheme, authority.text) else { return url }
            path = authority.rest
        } else if !url.hasPrefix("/") {
            return url
        }
        guard !prefix.isEmpty, path.hasPrefix(prefix) else { return path.isEmpty ? "/" : String(path) }
        let rest = path.dropFirst(prefix.count)
        switch rest.first {
        case nil: return "/"
        case "/": return String(rest)
        case "?", "#": return "/" + rest
        default: return String(path)
        }
    }

    /// Each `<…>` of a `Link` field (RFC 8288, section 3).
    private func links(_ value: String) -> String {
        var result = ""
        var rest = value[...]
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let start = rest.index(after: open)
            result += rest[..<start] + relative(String(rest[start..<close])) + ">"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// Behind a proxy that ends TLS, servers often write `http:` where they were called by `https:`.
    private func isOwn(_ scheme: String, _ authority: Substring) -> Bool {
        let schemes = scheme.isEmpty ? ["https", "http"] : [scheme]
        return schemes.contains { scheme in
            guard let other = try? Origin("\(scheme)://\(authority)"), other.host == origin.host else { return false }
            return other.port == origin.port || Self.isDefault(other) && Self.isDefault(origin)
        }
    }

    private static func isDefault(_ origin: Origin) -> Bool { origin.port == (origin.scheme == .https ? 443 : 80) }

    private static func authority(_ url: String) -> (scheme: String, text: Substring, rest: Substring)? {
        let lower = url.prefix(8).lowercased()
        let scheme = ["https", "http", ""].first { lower.hasPrefix($0.isEmpty ? "//" : "\($0)://") }
        guard let scheme else { return nil }
        let behind = url.dropFirst(scheme.isEmpty ? 2 : scheme.count + 3)
        let text = behind.prefix { !"/?#".contains($0) }
        return (scheme, text, behind.dropFirst(text.count))
    }
}
