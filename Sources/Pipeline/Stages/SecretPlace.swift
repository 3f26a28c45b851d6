import EgressPolicy

/// Where a URL's secret part stands in a rendered target, until the secret is put there.
///
/// The placeholder is made for each process, and never leaves it: no argument can be mistaken for it.
enum SecretPlace {
    /// Under which name templates hold the place.
    static let name = "secret"
    static let placeholder =
        "secret-" + String(UInt64.random(in: .min ... .max), radix: 36)
        + String(UInt64.random(in: .min ... .max), radix: 36)

    /// The target with the secret in its place; nil where it is no part of a URL. In the path it may be of several segments;
    /// in the query it is a value.
    static func filled(_ target: String, with secret: String) -> String? {
        let path = target.prefix { $0 != "?" }
        let query = target.dropFirst(path.count)
        var result = String(path)
        if path.contains(placeholder) {
            let segments = secret.split(separator: "/", omittingEmptySubsequences: false)
            var encoded: [String] = []
            for segment in segments {
                guard !segment.isEmpty, segment != ".", segment != ".." else { return nil }
                encoded.append(PercentEncoding.encoded(segment.utf8))
            }
            result = replaced(result, by: encoded.joined(separator: "/"))
        }
        return result + replaced(String(query), by: PercentEncoding.encoded(secret.utf8))
    }

    private static func replaced(_ text: String, by value: String) -> String {
        text.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: value)
    }
}
