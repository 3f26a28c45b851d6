/// What a `Content-Type` field says (RFC 9110, section 8.3.1).
package struct MediaType: Sendable {
    /// `type/subtype` in lower case; empty where the field says nothing.
    package let essence: String
    /// The `charset` parameter, without quotes.
    package let charset: String?

    package init(_ field: String) {
        let parts = field.split(separator: ";", omittingEmptySubsequences: false)
        essence = parts.first.map { $0.lowercased().filter { $0 != " " && $0 != "\t" } } ?? ""
        charset =
            parts.dropFirst().lazy.compactMap { part -> String? in
                let words = part.split(separator: "=", maxSplits: 1)
                guard words.count == 2, words[0].filter({ $0 != " " && $0 != "\t" }).lowercased() == "charset" else {
                    return nil
                }
                let value = words[1].filter { !" \t\"'".contains($0) }
                return value.isEmpty ? nil : value
            }.first
    }

    var isJSON: Bool {
        essence.hasSuffix("/json") || essence.hasSuffix("+json") || essence.hasPrefix("application/x-amz-json")
    }

    /// Whether what it names is text, where it is valid text.
    var isText: Bool {
        guard !essence.isEmpty, !isJSON else { return true }
        if essence.hasPrefix("text/") || essence.hasPrefix("message/") { return true }
        if Self.suffixes.contains(where: { essence.hasSuffix($0) }) { return true }
        guard essence.hasPrefix("application/") else { return false }
        var subtype = essence.dropFirst("application/".count)
        if subtype.hasPrefix("x-") { subtype = subtype.dropFirst(2) }
        if subtype.hasPrefix("vnd.") { subtype = subtype.dropFirst(4) }
        return Self.subtypes.contains(String(subtype))
    }

    private static let suffixes = ["/xml", "+xml", "+yaml", "+text", "+csv", "+jsonl", "+json-seq", "/yaml", "/csv"]

    /// Of `application/`, without `x-` and `vnd.`.
    private static let subtypes: Set<String> = [
        "www-form-urlencoded", "javascript", "ecmascript", "typescript", "graphql", "ndjson", "jsonl", "jsonlines",
        "json-lines", "json-seq", "json5", "jsonstream", "stream-json", "yaml", "toml", "csv", "tab-separated-values",
        "sql", "sh", "shellscript", "python", "perl", "ruby", "php", "httpd-php", "tex", "latex", "troff", "sdp",
        "sparql-query", "sparql-update", "n-quads", "n-triples", "trig", "turtle", "xml-dtd",
        "xml-external-parsed-entity", "pem-file", "pem-certificate-chain", "pgp-keys", "pgp-signature", "subrip",
        "mpegurl", "apple.mpegurl", "edi-x12", "edifact", "edi-consent", "hl7-v2", "properties", "ini", "config",
        "log", "markdown", "rtf", "smil", "kml", "gpx", "ldif", "bibtex", "patch", "diff", "http", "hjson", "wkt",
        "prometheus", "openmetrics-text", "protobuf-text", "logfmt", "rst", "dotenv", "asciidoc", "cypher", "cql",
        "promql", "kusto", "jwt", "jose", "text", "plain", "html", "xhtml",
    ]
}
