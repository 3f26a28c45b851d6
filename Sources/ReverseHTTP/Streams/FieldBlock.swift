package import NIOHTTP1

/// A field section laid out as HTTP/2 sends it: lower-case names and values as bytes, each copied once from where it
/// came. A value may hold bytes that are not UTF-8 (RFC 9110, section 5.5).
package struct FieldBlock: Sendable, Equatable {
    struct Field: Sendable, Equatable {
        /// Where the name begins in ``bytes``; the value follows it.
        var start: Int
        var nameCount: Int
        var valueCount: Int
    }

    private(set) var bytes: [UInt8] = []
    private(set) var fields: [Field] = []

    package init() {}

    /// The same fields, without those that speak of one connection only.
    package init(_ headers: HTTPHeaders) {
        for (name, value) in headers where !HeaderEncoder.isConnectionField(name) {
            append(name: name.utf8, value: value.utf8)
        }
    }

    package var isEmpty: Bool { fields.isEmpty }

    /// Adds a field; `A`–`Z` in the name become `a`–`z`.
    package mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        makeRoom()
        let start = bytes.count
        for byte in name { bytes.append(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte) }
        let nameCount = bytes.count - start
        bytes.append(contentsOf: value)
        fields.append(Field(start: start, nameCount: nameCount, valueCount: bytes.count - start - nameCount))
    }

    /// Adds a field; `A`–`Z` in the name become `a`–`z`.
    package mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        makeRoom()
        let start = bytes.count
        bytes.append(contentsOf: name)
        bytes.withUnsafeMutableBufferPointer { bytes in
            for index in start..<bytes.count where bytes[index] &- UInt8(ascii: "A") < 26 { bytes[index] |= 0x20 }
        }
        bytes.append(contentsOf: value)
        fields.append(Field(start: start, nameCount: name.count, valueCount: value.count))
    }

    /// Adds `content-length`.
    package mutating func appendContentLength(_ length: Int) {
        append(name: "content-length".utf8, value: String(length).utf8)
    }

    /// What most heads come to, at once rather than in several steps.
    private mutating func makeRoom() {
        guard fields.isEmpty else { return }
        bytes.reserveCapacity(512)
        fields.reserveCapacity(12)
    }

    /// Continues the last field's value behind a space; an empty value has nothing to be kept apart from.
    package mutating func extendLast(with more: some Collection<UInt8>) {
        guard let last = fields.indices.last, !more.isEmpty else { return }
        let count = bytes.count
        if fields[last].valueCount > 0 { bytes.append(UInt8(ascii: " ")) }
        bytes.append(contentsOf: more)
        fields[last].valueCount += bytes.count - count
    }

    /// Removes every field whose lower-case name is in `names`.
    package mutating func removeAll(named names: Set<String>) {
        fields = fields.filter { !names.contains(String(decoding: name(of: $0), as: UTF8.self)) }
    }

    /// The fields as text: what is not UTF-8 is read as ISO 8859-1.
    package var headers: HTTPHeaders {
        HTTPHeaders(
            fields.map { field in
                let value = bytes[(field.start + field.nameCount)...].prefix(field.valueCount)
                return (
                    String(decoding: name(of: field), as: UTF8.self), value.withUnsafeBufferPointer(FieldText.string)
                )
            })
    }

    private func name(of field: Field) -> ArraySlice<UInt8> { bytes[field.start...].prefix(field.nameCount) }
}

/// Field values as text.
package enum FieldText {
    /// UTF-8 where the bytes are that, else ISO 8859-1, in which every byte is a character: none is lost.
    package static func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        // Nearly all values are ASCII, which is UTF-8 by itself.
        if isASCII(UnsafeRawBufferPointer(bytes)) { return String(decoding: bytes, as: UTF8.self) }
        return String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
    }

    private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index &+ 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] >= 0x80 { return false }
            index &+= 1
        }
        return true
    }
}
