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

    /// Fields that speak of one connection only and have no place in HTTP/2 (RFC 9113, section 8.2.2).
    private static let connectionFields: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade",
    ]

    /// Such fields are between 7 and 17 bytes long.
    static func isConnectionField(_ name: String) -> Bool {
        (7...17).contains(name.utf8.count) && connectionFields.contains(name.lowercased())
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
            var upper = false
            for byte in name.utf8 {
                let isUpper = byte &- UInt8(ascii: "A") < 26
                upper = upper || isUpper
                bytes.append(isUpper ? byte | 0x20 : byte)
            }
            let count = bytes.count - start
            // Connection-specific fields are between 7 and 17 bytes long, and begin with one of five letters.
            if (7...17).contains(count), Self.connectionFields.contains(upper ? name.lowercased() : name) {
                bytes.removeLast(count)
                continue
            }
            let secret =
                name.utf8.count == 13 && name.lowercased() == "authorization"
                || name.utf8.count == 6 && name.lowercased() == "cookie"
                || !sensitive.isEmpty && sensitive.contains(name.lowercased())
            let flags = secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
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
