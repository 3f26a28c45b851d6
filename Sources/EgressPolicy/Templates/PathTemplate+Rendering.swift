/// What a path parameter is rendered from.
package enum PathValue: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    case single(String)
    /// OpenAPI's `simple` style: the items joined by commas.
    case list([String])

    package init(stringLiteral value: String) { self = .single(value) }
    package init(arrayLiteral elements: String...) { self = .list(elements) }
}

extension PathTemplate {
    /// The raw path with `values` put in, percent-encoded but for unreserved characters.
    /// - Parameters:
    ///   - values: by parameter name; names the template lacks are ignored.
    ///   - slashParameters: the parameters that say `allow_slash: true`; their slashes become `%2F`, backslashes `%5C`.
    /// - Throws: `RenderError` for a value that is missing, empty, a dot segment in any encoding, or contains a line
    ///   break, a NUL, or a slash or backslash that its parameter does not allow.
    package func render(
        _ values: [String: PathValue], allowingSlashesIn slashParameters: Set<String> = []
    ) throws(RenderError) -> String {
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
                    guard let value = values[lastName] else { throw RenderError(code: .missing, parameter: lastName) }
                    let allowsSlash = slashParameters.contains(lastName)
                    try PathTemplate.append(value, of: lastName, allowsSlash: allowsSlash, to: &output)
                }
            }
            // Parts that are harmless alone can make a dot segment together: `{a}{b}`, `.{a}`.
            if output[start...].withUnsafeBufferPointer(holdsDotSegment) {
                throw RenderError(code: .dotSegment, parameter: lastName)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(
        _ value: PathValue, of name: String, allowsSlash: Bool, to output: inout [UInt8]
    ) throws(RenderError) {
        switch value {
        case .single(let text):
            try append(text, of: name, allowsSlash: allowsSlash, to: &output)
        case .list(let items):
            if items.isEmpty { throw RenderError(code: .empty, parameter: name) }
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                try append(item, of: name, allowsSlash: allowsSlash, to: &output)
            }
        }
    }

    private static func append(
        _ text: String, of name: String, allowsSlash: Bool, to output: inout [UInt8]
    ) throws(RenderError) {
        let fault = withBytes(of: text) { bytes -> RenderError.Code? in
            if bytes.isEmpty { return .empty }
            for byte in bytes {
                switch byte {
                case 0, 0x0a, 0x0d: return .controlCharacter
                case .slash where !allowsSlash, .backslash where !allowsSlash: return .slash
                default: continue
                }
            }
            return holdsDotSegment(bytes) ? .dotSegment : nil
        }
        if let fault { throw RenderError(code: fault, parameter: name) }
        PercentEncoding.append(text, to: &output)
    }
}
