/// The expansion of one value (RFC 6570 section 3.2.1), before it is joined as its style says.
struct ParameterExpansion {
    /// What stands between two separators.
    struct Part {
        /// The parameter's name, or the property's.
        var name: String
        var isProperty = false
        /// As it is sent.
        var value: [UInt8]
    }

    private let format: ParameterFormat
    /// None where the value is an empty array or object, which RFC 6570 section 2.3 takes for undefined.
    private(set) var parts: [Part] = []

    /// - Throws: `ParameterError` for texts that cannot be sent so, and shapes that the style does not have.
    init(_ value: ParameterValue, as format: ParameterFormat) throws(ParameterError) {
        self.format = format
        switch value {
        case .scalar(let text):
            guard format.style != .deepObject else { throw error(.shape) }
            try add(format.name, text)
        case .array(let items):
            guard format.style != .deepObject else { throw error(.shape) }
            if format.explode {
                for item in items { try add(format.name, item, isJoined: format.joinsExploded) }
            } else {
                try addJoined(items)
            }
        case .object(let properties):
            switch (format.style, format.explode) {
            case (.deepObject, _):
                for property in properties { try add("\(format.name)[\(property.key)]", property.value) }
            case (.spaceDelimited, true), (.pipeDelimited, true), (.tabDelimited, true):
                throw error(.shape)
            case (_, true):
                for property in properties {
                    try check(property.key, isJoined: format.joinsExploded, isKey: true)
                    try add(property.key, property.value, isProperty: true, isJoined: format.joinsExploded)
                }
            case (_, false):
                try addJoined(properties.flatMap { [$0.key, $0.value] })
            }
        }
    }

    private mutating func add(
        _ name: String, _ text: String, isProperty: Bool = false, isJoined: Bool = false
    ) throws(ParameterError) {
        try check(text, isJoined: isJoined)
        var value: [UInt8] = []
        format.append(text, isJoined: isJoined, to: &value)
        parts.append(Part(name: name, isProperty: isProperty, value: value))
    }

    private mutating func addJoined(_ texts: [String]) throws(ParameterError) {
        guard !texts.isEmpty else { return }
        var value: [UInt8] = []
        for (index, text) in texts.enumerated() {
            try check(text, isJoined: true)
            if index > 0 { value += format.separator }
            format.append(text, isJoined: true, to: &value)
        }
        parts.append(Part(name: format.name, value: value))
    }

    private func check(_ text: String, isJoined: Bool, isKey: Bool = false) throws(ParameterError) {
        if let code = format.fault(in: text, isJoined: isJoined, isKey: isKey) { throw error(code) }
    }

    private func error(_ code: ParameterError.Code) -> ParameterError {
        ParameterError(code: code, parameter: format.name)
    }
}

extension ParameterFormat {
    /// What stands between joined items.
    fileprivate var separator: [UInt8] {
        switch style {
        case .spaceDelimited: Array("%20".utf8)
        case .pipeDelimited: Array("%7C".utf8)
        case .tabDelimited: Array("%09".utf8)
        case .simple, .label, .matrix, .form, .deepObject: [UInt8(ascii: ",")]
        }
    }

    /// Whether items that stand apart are still joined into one value: a header has nothing else.
    fileprivate var joinsExploded: Bool { location == .header }

    fileprivate func fault(in text: String, isJoined: Bool, isKey: Bool) -> ParameterError.Code? {
        withBytes(of: text) { bytes in
            for (index, byte) in bytes.enumerated() {
                switch (byte, location) {
                case (0, _), (0x0a, .path), (0x0d, .path), (0x0a, .header), (0x0d, .header): return .controlCharacter
                case (.slash, .path) where !allowsSlash, (.backslash, .path) where !allowsSlash: return .slash
                // Nothing is encoded in a header.
                case (UInt8(ascii: ","), .header) where isJoined, (UInt8(ascii: "="), .header) where isKey:
                    return .separator
                // These separators are encoded like what they separate.
                case (0x20, _) where isJoined && style == .spaceDelimited,
                    (0x09, _) where isJoined && style == .tabDelimited,
                    (UInt8(ascii: "|"), _) where isJoined && style == .pipeDelimited:
                    return .separator
                case (.percent, _) where allowsReserved && bytes.percentTriplet(at: index) == 0:
                    return .controlCharacter
                default: continue
                }
            }
            return location == .path && holdsDotSegment(bytes) ? .dotSegment : nil
        }
    }

    /// Appends a text that has no fault, as it is sent.
    fileprivate func append(_ text: String, isJoined: Bool, to output: inout [UInt8]) {
        if location == .header {
            output += text.utf8
        } else if allowsReserved {
            PercentEncoding.appendReserved(text, but: isJoined ? [UInt8(ascii: ",")] : [], to: &output)
        } else {
            PercentEncoding.append(text, to: &output)
        }
    }
}

extension PercentEncoding {
    /// RFC 6570's reserved expansion: reserved characters and triplets stay as they are, but for what would end the
    /// value or is not allowed in a query at all (RFC 3986 section 3.4): `&`, `#`, `[` and `]`.
    fileprivate static func appendReserved(_ text: String, but encoded: [UInt8], to output: inout [UInt8]) {
        withBytes(of: text) { bytes in
            for (index, byte) in bytes.enumerated() {
                let isKept =
                    byte == .percent
                    ? bytes.percentTriplet(at: index) != nil
                    : reserved.contains(byte) && !encoded.contains(byte)
                if isKept { output.append(byte) } else { append(byte, to: &output) }
            }
        }
    }

    private static let reserved = Array(":/?@!$'()*+,;=".utf8)
}
