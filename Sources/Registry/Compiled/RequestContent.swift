/// What a request's body is made of.
package struct RequestContent: Sendable, Hashable {
    /// How a JSON value becomes bytes.
    package enum Encoding: Sendable, Hashable {
        /// As JSON; `application/json`, its older names, and whatever ends in `+json`.
        case json
        /// An object's members as `application/x-www-form-urlencoded`.
        case form
        /// An object's members as parts of `multipart/form-data`; the boundary is added to the type.
        case multipart
        /// A string as it is, in UTF-8.
        case text
        /// A string that holds the bytes in base64.
        case base64
    }

    /// What `Content-Type` is to say.
    package let type: String
    package let encoding: Encoding
    /// Of a form, by name.
    package var fields: [String: FieldEncoding] = [:]

    package static let json = RequestContent(type: "application/json", encoding: .json)

    private init(type: String, encoding: Encoding) {
        self.type = type
        self.encoding = encoding
    }

    /// Reads a media type (RFC 9110, section 8.3.1); nil for anything else, for wildcards and for a `multipart` type
    /// that is not `form-data`.
    package init?(_ text: String) {
        guard text.utf8.count <= 200, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        let essence = text.prefix { $0 != ";" }.lowercased()
        let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
        var subtype = parts.last.map(String.init) ?? ""
        while subtype.hasSuffix(" ") { subtype.removeLast() }
        guard parts.count == 2, let kind = parts.first, Self.isToken(kind), Self.isToken(subtype) else { return nil }
        type = text
        switch (kind, subtype) {
        case ("application", "json"), ("text", "json"), (_, "x-json"): encoding = .json
        case ("application", "x-www-form-urlencoded"): encoding = .form
        case ("multipart", "form-data"): encoding = .multipart
        case ("multipart", _): return nil
        case ("application", "xml"), ("text", _): encoding = .text
        default: encoding = subtype.hasSuffix("+json") ? .json : subtype.hasSuffix("+xml") ? .text : .base64
        }
    }

    private static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
