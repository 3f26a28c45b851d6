import CNGHTTP2
import NIOHTTP1

/// Lays a field section out as nghttp2 wants it: one block of bytes, and name-value pairs that point into it.
struct HeaderEncoder {
    private struct Field {
        var name: Int
        var nameCount: Int
        var valueCount: Int
        var flags: UInt8
    }

    private var bytes: [UInt8] = []
    private var fields: [Field] = []
    /// Size as RFC 9113, section 6.5.2 counts it.
    private(set) var listSize = 0

    /// Whether a field of this name speaks of one connection only, and has no place in HTTP/2 (RFC 9113, section 8.2.2).
    static func isConnectionField(_ name: String) -> Bool {
        (7...17).contains(name.utf8.count) && Array(name.lowercased().utf8).withUnsafeBufferPointer(isConnectionField)
    }

    /// The same for lower-case bytes. The length alone tells most fields to be others.
    private static func isConnectionField(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.count {
        case 7: equals(name, "upgrade")
        case 10: equals(name, "connection") || equals(name, "keep-alive")
        case 16: equals(name, "proxy-connection")
        case 17: equals(name, "transfer-encoding")
        default: false
        }
    }

    /// Whether the value of a field of this lower-case name must not enter the HPACK table.
    private static func isSecret(_ name: UnsafeBufferPointer<UInt8>, _ sensitive: [String]) -> Bool {
        switch name.count {
        case 6 where equals(name, "cookie"), 13 where equals(name, "authorization"): true
        default: sensitive.contains { $0.utf8.count == name.count && $0.utf8.elementsEqual(name) }
        }
    }

    private static func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        listSize = 0
    }

    mutating func add(_ name: StaticString, _ value: String) {
        let start = bytes.count
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        append(value, nameStart: start, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
    }

    mutating func add(_ headers: HTTPHeaders, sensitive: [String] = []) {
        for (name, value) in headers {
            let start = bytes.count
            bytes.append(contentsOf: name.utf8)
            let count = bytes.count - start
            let (isOfConnection, isSecret) = bytes.withUnsafeMutableBufferPointer { bytes in
                for index in start..<bytes.count where bytes[index] &- UInt8(ascii: "A") < 26 { bytes[index] |= 0x20 }
                let name = UnsafeBufferPointer(rebasing: bytes[start...])
                return (Self.isConnectionField(name), Self.isSecret(name, sensitive))
            }
            guard !isOfConnection else {
                bytes.removeLast(count)
                continue
            }
            let flags = isSecret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
            append(value, nameStart: start, flags: UInt8(flags.rawValue))
        }
    }

    mutating func add(_ block: FieldBlock) {
        let base = bytes.count
        bytes.append(contentsOf: block.bytes)
        for field in block.fields {
            fields.append(
                Field(
                    name: base + field.start, nameCount: field.nameCount, valueCount: field.valueCount,
                    flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
            listSize += field.nameCount + field.valueCount + 32
        }
    }

    private mutating func append(_ value: String, nameStart: Int, flags: UInt8) {
        let nameCount = bytes.count - nameStart
        bytes.append(contentsOf: value.utf8)
        let valueCount = bytes.count - nameStart - nameCount
        fields.append(Field(name: nameStart, nameCount: nameCount, valueCount: valueCount, flags: flags))
        listSize += nameCount + valueCount + 32
    }

    /// Calls `body` with the pairs; they are valid until it returns. nghttp2 copies what it keeps.
    mutating func withPairs<R>(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> R) -> R {
        bytes.withUnsafeMutableBufferPointer { storage in
            withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: max(fields.count, 1)) { pairs in
                guard let base = storage.baseAddress else { return body(nil, 0) }
                for (index, field) in fields.enumerated() {
                    let name = base + field.name
                    pairs.initializeElement(
                        at: index,
                        to: nghttp2_nv(
                            name: name, value: name + field.nameCount, namelen: field.nameCount,
                            valuelen: field.valueCount, flags: field.flags))
                }
                return body(UnsafePointer(pairs.baseAddress), fields.count)
            }
        }
    }
}
