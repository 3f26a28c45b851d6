package import NIOCore
package import NIOHTTP1

/// Writes requests as HTTP/1.1 (RFC 9112). It adds nothing: how the body is framed is the request's own decision.
package enum RequestEncoder {
    /// The head, with its empty line.
    ///
    /// - Parameter fields: the header but for `host`, as it goes on the wire (``append(_:_:to:)``).
    package static func head(method: String, target: String, host: String, fields: ByteBuffer) -> ByteBuffer {
        let (method, target, host) = (method.utf8, target.utf8, host.utf8)
        let version: StaticString = " HTTP/1.1\r\nhost: "
        let count = method.count + 1 + target.count + version.utf8CodeUnitCount + host.count + 2
        var buffer = ByteBuffer()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count + fields.readableBytes + 2) { place in
            var place = Place(place)
            place.put(method)
            place.put(" ")
            place.put(target)
            place.put(version)
            place.put(host)
            place.put("\r\n")
            fields.withUnsafeReadableBytes { place.put($0) }
            place.put("\r\n")
            return place.count
        }
        return buffer
    }

    package static func append(_ name: String, _ value: String, to fields: inout ByteBuffer) {
        let (name, value) = (name.utf8, value.utf8)
        fields.writeWithUnsafeMutableBytes(minimumWritableBytes: name.count + value.count + 4) { place in
            var place = Place(place)
            place.put(name)
            place.put(": ")
            place.put(value)
            place.put("\r\n")
            return place.count
        }
    }

    /// Memory that is filled from its beginning. What finds no room is a bug, and traps.
    private struct Place {
        private var rest: UnsafeMutableRawBufferPointer
        private(set) var count = 0

        init(_ memory: UnsafeMutableRawBufferPointer) { rest = memory }

        mutating func put(_ text: StaticString) {
            put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }

        mutating func put(_ text: String.UTF8View) {
            let isPut: Void? = text.withContiguousStorageIfAvailable { put(UnsafeRawBufferPointer($0)) }
            // A string that is not laid out as UTF-8 is one that Foundation made.
            if isPut == nil { Array(text).withUnsafeBytes { put($0) } }
        }

        mutating func put(_ bytes: UnsafeRawBufferPointer) {
            precondition(bytes.count <= rest.count)
            rest.copyMemory(from: bytes)
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
            count += bytes.count
        }
    }

    /// What stands before a chunk of `count` bytes; ``chunkEnd`` stands behind it. A chunk of 0 would end the body.
    package static func chunkStart(_ count: Int) -> ByteBuffer {
        ByteBuffer(string: String(count, radix: 16) + "\r\n")
    }

    package static let chunkEnd = ByteBuffer(string: "\r\n")

    /// The end of a chunked body.
    package static func lastChunk(trailers: HTTPHeaders?) -> ByteBuffer {
        var buffer = ByteBuffer(string: "0\r\n")
        for (name, value) in trailers ?? [:] where FieldKind.of(name) == .endToEnd {
            append(name, value, to: &buffer)
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }
}
