/// Builds the query of a request. Names and values are percent-encoded but for unreserved characters, so that no value
/// can end the query, add a parameter or break the line (S6, S7).
package struct QueryRenderer: Sendable {
    private var bytes: [UInt8] = []

    package init() {}

    /// Appends `name=value`.
    /// - Throws: `RenderError` where the name is empty or has a control character, or the value a NUL.
    package mutating func append(_ name: String, _ value: String) throws(RenderError) {
        try appendName(name)
        try appendValue(value, of: name)
    }

    /// Appends one `name=value` for each value (OpenAPI's `form` style, exploded). No values, no bytes.
    /// - Throws: as ``append(_:_:)``.
    package mutating func append(_ name: String, exploding values: [String]) throws(RenderError) {
        for value in values { try append(name, value) }
    }

    /// Appends `name=a,b,c` (OpenAPI's `form` style, not exploded): each value is encoded, the separator is not.
    /// - Throws: as ``append(_:_:)``.
    package mutating func append(_ name: String, joining values: [String]) throws(RenderError) {
        guard !values.isEmpty else { return }
        try appendName(name)
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            try appendValue(value, of: name)
        }
    }

    /// The query without its question mark; nil where nothing was appended.
    package var query: String? { bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }

    /// `path`, and the query behind a question mark where there is one.
    package func target(path: String) -> String {
        guard let query else { return path }
        return path + "?" + query
    }

    private mutating func appendName(_ name: String) throws(RenderError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw RenderError(code: .badName, parameter: name)
        }
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        PercentEncoding.append(name, to: &bytes)
        bytes.append(UInt8(ascii: "="))
    }

    private mutating func appendValue(_ value: String, of name: String) throws(RenderError) {
        if value.utf8.contains(0) { throw RenderError(code: .controlCharacter, parameter: name) }
        PercentEncoding.append(value, to: &bytes)
    }
}
