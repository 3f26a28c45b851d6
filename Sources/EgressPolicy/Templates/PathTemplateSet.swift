/// The templates of one API, asked which of them a raw path belongs to.
package struct PathTemplateSet: Sendable {
    private let templates: [PathTemplate]
    /// Positions in ``templates``, the most specific first.
    private let order: [Int]

    package init(_ templates: [PathTemplate]) {
        self.templates = templates
        order = templates.indices.sorted { left, right in
            templates[left].isMoreSpecific(than: templates[right]) ?? (left < right)
        }
    }

    /// The position of the most specific template that matches `path` and that `isWanted` accepts (its method, say).
    package func firstMatch(_ path: some StringProtocol, where isWanted: (Int) -> Bool = { _ in true }) -> Int? {
        order.first { isWanted($0) && templates[$0].match(path) != nil }
    }
}

extension PathTemplate {
    /// Whether this template is to be asked before `other`: segment by segment, a literal goes before a mixed segment,
    /// that before a parameter. Nil where neither goes first.
    package func isMoreSpecific(than other: PathTemplate) -> Bool? {
        for (own, others) in zip(segments, other.segments) {
            let (own, others) = (PathTemplate.freedom(own), PathTemplate.freedom(others))
            if own != others { return own < others }
        }
        return segments.count == other.segments.count ? nil : segments.count < other.segments.count
    }

    /// 0 for a literal segment, `Int.max` for a parameter alone; between them, the less the more literal bytes there
    /// are.
    private static func freedom(_ segment: [Part]) -> Int {
        var literalBytes = 0
        var parameters = 0
        for part in segment {
            switch part {
            case .literal(let bytes): literalBytes += bytes.count
            case .parameter: parameters += 1
            }
        }
        return parameters == 0 ? 0 : .max - literalBytes
    }
}
