import EgressPolicy
import Value

/// `base_url`, with the places where a secret part of it stands.
struct BaseAddress: Sendable {
    var url: BaseURL
    /// The path as a template, where `{secret}` stands in it.
    var secretPrefix: PathTemplate?
    var query: [FixedQuery] = []
    /// Whether its path was written with a slash at its end.
    var endsInSlash = false
    /// Everything below it.
    var allowlist: URLAllowlist
    /// The same, and itself.
    var ownAllowlist: URLAllowlist

    /// Whether `{secret}` stands in it.
    var holdsSecret: Bool { secretPrefix != nil || query.contains(where: \.holdsSecret) }

    /// - Parameter mayHoldSecret: whether the API's authentication is `url_secret`.
    static func read(_ text: String, mayHoldSecret: Bool, _ place: JSONPointer, _ faults: FaultList) -> BaseAddress? {
        guard mayHoldSecret else {
            if text.contains(SecretPart.text) {
                faults.invalid(place, SecretPart.advice)
                return nil
            }
            return url(text, place, faults).map {
                BaseAddress(
                    url: $0, endsInSlash: text.hasSuffix("/"), allowlist: URLAllowlist(below: $0),
                    ownAllowlist: URLAllowlist(from: $0))
            }
        }
        let (path, query) = SecretPart.splitQuery(text)
        guard let base = url(path, place, faults) else { return nil }
        var address = BaseAddress(
            url: base, endsInSlash: path.hasSuffix("/"), allowlist: URLAllowlist(below: base),
            ownAllowlist: URLAllowlist(from: base))
        do throws(RuleError) {
            if base.pathPrefix.contains(SecretPart.text) {
                let template = try PathTemplate(base.pathPrefix)
                guard template.names == [SecretPart.name] else {
                    faults.invalid(place, "Only {secret} can stand for a part of base_url.")
                    return nil
                }
                address.secretPrefix = template
                let pattern = SecretPart.pattern(base.description)
                address.allowlist = try URLAllowlist([pattern + "/*"])
                address.ownAllowlist = try URLAllowlist([pattern, pattern + "/*"])
            }
        } catch {
            faults.invalid(place, error.message)
            return nil
        }
        guard let parts = SecretPart.parse(query, place, faults) else { return nil }
        address.query = parts
        return address
    }

    private static func url(_ text: String, _ place: JSONPointer, _ faults: FaultList) -> BaseURL? {
        do throws(OriginError) {
            return try BaseURL(text)
        } catch {
            faults.invalid(place, error.description)
            return nil
        }
    }
}
