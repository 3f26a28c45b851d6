package import Value

/// Where something was found: enough to look for oneself, and no value of any answer.
package struct Evidence: Sendable, Hashable {
    /// Where in the answer.
    package enum Place: Sendable, Hashable {
        /// The status or the whole body.
        case whole
        case header(String)
        /// An HTML element, by its name.
        case element(String)
        /// Within a script.
        case script
        case pointer(JSONPointer)
        /// The connector's audit.
        case audit
    }

    /// The address that was asked: a path where it is of the base URL's origin. Identifiers stand as `{name}`, and of a
    /// query only the names remain. Empty for the audit.
    package var path: String
    package var status: Int?
    package var place: Place

    package init(path: String, status: Int? = nil, place: Place = .whole) {
        self.path = path
        self.status = status
        self.place = place
    }

    package var json: JSON {
        var object: JSONObject = [:]
        if !path.isEmpty { object["path"] = .string(path) }
        if let status { object["status"] = .number(JSONNumber(status)) }
        switch place {
        case .whole: break
        case .header(let name): object["header"] = .string(name)
        case .element(let name): object["element"] = .string(name)
        case .script: object["element"] = "script"
        case .pointer(let pointer): object["pointer"] = .string(pointer.description)
        case .audit: object["audit"] = true
        }
        return .object(object)
    }
}

/// How sure a finding is.
package enum Confidence: String, Sendable, Comparable {
    case low, medium, high

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        }
    }

    package static func < (left: Confidence, right: Confidence) -> Bool { left.rank < right.rank }
}

/// Something discovery noticed, what shows it, and how sure that is.
package struct DiscoveryFinding: Sendable, Hashable {
    /// A stable name of the kind, such as `soft_404`.
    package var code: String
    package var message: String
    package var evidence: [Evidence]
    package var confidence: Confidence

    package init(_ code: String, _ message: String, _ evidence: [Evidence] = [], _ confidence: Confidence = .high) {
        self.code = code
        self.message = message
        self.evidence = evidence
        self.confidence = confidence
    }

    package var json: JSON {
        [
            "kind": .string(code), "message": .string(message), "evidence": .array(evidence.map(\.json)),
            "confidence": .string(confidence.rawValue),
        ]
    }
}
