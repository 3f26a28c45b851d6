/// The parameters of one request, written as OpenAPI's styles say (3.1 section 4.8.12, on RFC 6570). In paths, queries
/// and cookies all is percent-encoded but for unreserved characters; header values, as OpenAPI's clients send them, are
/// not, and are refused where they cannot stand as they are (S7).
package struct ParameterRendering: Sendable {
    private let reserved: Set<String>
    private var fragments: [String: [UInt8]] = [:]
    private var queryBytes: [UInt8] = []
    private var cookieBytes: [UInt8] = []
    /// The header fields, in the order they were added.
    package private(set) var headers: [(name: String, value: String)] = []

    /// - Parameter reserved: the names in queries and cookies that the properties of an exploded object may not take:
    ///   those of the other parameters and of the API's credential. In any case.
    package init(reserving reserved: some Sequence<String> = []) {
        self.reserved = Set(reserved.map { $0.lowercased() })
    }

    /// The query without its question mark; nil where nothing was added.
    package var query: String? { queryBytes.isEmpty ? nil : String(decoding: queryBytes, as: UTF8.self) }

    /// The value of `Cookie`; nil where nothing was added.
    package var cookie: String? { cookieBytes.isEmpty ? nil : String(decoding: cookieBytes, as: UTF8.self) }

    /// The raw path of `template` with its parameters put in, and the query behind it.
    /// - Throws: `ParameterError` for a parameter that is missing or empty, and parts that make a dot segment together.
    package func target(_ template: PathTemplate) throws(ParameterError) -> String {
        let path = try template.render(fragments: fragments)
        guard let query else { return path }
        return path + "?" + query
    }

    /// Adds a parameter. An empty array or object is as if it were not there.
    /// - Throws: `ParameterError`; nothing is added then.
    package mutating func add(_ value: ParameterValue, as format: ParameterFormat) throws(ParameterError) {
        let parts = try ParameterExpansion(value, as: format).parts
        switch format.location {
        case .path:
            let fragment = ParameterRendering.fragment(parts, format)
            // The other styles are for fragments that may be absent.
            if fragment.isEmpty, format.style == .simple {
                throw ParameterError(code: .empty, parameter: format.name)
            }
            fragments[format.name] = fragment
        case .query: try append(parts, format, separator: "&", to: &queryBytes)
        case .cookie: try append(parts, format, separator: "; ", to: &cookieBytes)
        case .header: try appendHeader(parts, format)
        }
    }

    private static func fragment(_ parts: [ParameterExpansion.Part], _ format: ParameterFormat) -> [UInt8] {
        let mark: UInt8? =
            switch format.style {
            case .label: .dot
            case .matrix: UInt8(ascii: ";")
            case .simple, .form, .spaceDelimited, .pipeDelimited, .tabDelimited, .deepObject: nil
            }
        var output: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if let mark { output.append(mark) } else if index > 0 { output.append(UInt8(ascii: ",")) }
            if part.isProperty || format.style == .matrix { PercentEncoding.append(part.name, to: &output) }
            // RFC 6570 section 3.2.7: a matrix parameter that is empty has no equals sign.
            if format.style == .matrix ? !part.value.isEmpty : part.isProperty { output.append(UInt8(ascii: "=")) }
            output += part.value
        }
        return output
    }

    private func append(
        _ parts: [ParameterExpansion.Part], _ format: ParameterFormat, separator: String, to output: inout [UInt8]
    ) throws(ParameterError) {
        for part in parts where part.name != format.name {
            guard ParameterFormat.isName(part.name, in: format.location) else {
                throw ParameterError(code: .badName, parameter: format.name)
            }
            if reserved.contains(part.name.lowercased()) {
                throw ParameterError(code: .reservedName, parameter: format.name)
            }
        }
        for part in parts {
            if !output.isEmpty { output += separator.utf8 }
            // A cookie's name is a token, which has characters of its own and no escapes (RFC 6265 section 4.1.1).
            if format.location == .cookie {
                output += part.name.utf8
            } else {
                PercentEncoding.append(part.name, to: &output)
            }
            output.append(UInt8(ascii: "="))
            output += part.value
        }
    }

    private mutating func appendHeader(
        _ parts: [ParameterExpansion.Part], _ format: ParameterFormat
    ) throws(ParameterError) {
        guard !parts.isEmpty else { return }
        let texts = parts.map { part in
            let value = String(decoding: part.value, as: UTF8.self)
            return part.isProperty ? "\(part.name)=\(value)" : value
        }
        let value = texts.joined(separator: ",")
        guard HeaderRules.isValidFieldValue(value) else {
            throw ParameterError(code: .fieldValue, parameter: format.name)
        }
        headers.append((format.name, value))
    }
}

extension PathTemplate {
    /// The raw path with encoded fragments put in, by parameter name.
    fileprivate func render(fragments: [String: [UInt8]]) throws(ParameterError) -> String {
        var output: [UInt8] = []
        for segment in segments {
            output.append(.slash)
            let start = output.count
            var lastName = ""
            for part in segment {
                switch part {
                case .literal(let bytes):
                    output += bytes
                case .parameter(let index):
                    lastName = names[index]
                    guard let fragment = fragments[lastName] else {
                        throw ParameterError(code: .missing, parameter: lastName)
                    }
                    output += fragment
                }
            }
            // A template's own empty segment, as in `/` and `/a/`, stays one.
            if output.count == start, !segment.isEmpty { throw ParameterError(code: .empty, parameter: lastName) }
            // Parts that are harmless alone can make a dot segment together: `{a}{b}`, `.{a}`, a label that is empty.
            if output[start...].withUnsafeBufferPointer(holdsDotSegment) {
                throw ParameterError(code: .dotSegment, parameter: lastName)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
