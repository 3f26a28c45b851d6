import Value

/// What a discovery found, for eyes.
struct DiscoveryReport {
    let answer: JSON

    static let columns = [
        Column("Draft"), Column("Source"), Column("Confidence"), Column("Endpoints"), Column("Tokens"),
        Column("Found at", "found_at"),
    ]

    /// The drafts, for a table.
    var drafts: [JSON] {
        (answer["drafts"]?.array ?? []).enumerated().map { index, candidate in
            let draft = candidate["draft"]
            let operations = draft?["operations"]?.array ?? []
            return [
                "draft": .number(JSONNumber(index + 1)), "source": draft?["source"]?["kind"] ?? "",
                "confidence": candidate["confidence"] ?? "",
                "endpoints": .number(
                    JSONNumber(operations.count { ["imported", "imported_with_changes"].contains($0["outcome"]) })),
                "tokens": draft?["totals"]?["tokens"] ?? "",
                "found_at": .string((candidate["evidence"]?.array?.first).map(Self.place) ?? ""),
            ]
        }
    }

    /// What was noticed, and where.
    var findings: [String] {
        (answer["findings"]?.array ?? []).map { finding in
            let places = (finding["evidence"]?.array ?? []).map(Self.place)
            let shown = places.prefix(3).joined(separator: ", ") + (places.count > 3 ? ", …" : "")
            return ((finding["message"]?.string ?? "") + (shown.isEmpty ? "" : " (\(shown))")).printable
        }
    }

    /// Every request, and how it ended.
    var requests: [String] {
        (answer["requests"]?.array ?? []).map { request in
            let end = request["status"]?.int.map { "\($0)" } ?? request["error"]?.string ?? ""
            return "\(request["method"]?.string ?? "") \(request["path"]?.string ?? ""): \(end)".printable
        }
    }

    /// `/docs, in script`: where in which answer.
    private static func place(_ evidence: JSON) -> String {
        guard let path = evidence["path"]?.string else { return "the connector's audit" }
        for member in ["header", "element", "pointer"] {
            if let part = evidence[member]?.string, !part.isEmpty { return "\(path), in \(part)".printable }
        }
        return path.printable
    }
}
