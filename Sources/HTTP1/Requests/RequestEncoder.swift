package import NIOCore
package import NIOHTTP1

/// Writes requests as HTTP/1.1 (RFC 9112). It adds nothing: how the body is framed is the request's own decision.
package enum RequestEncoder {
    /// The head, with its empty line.
    ///
    /// - Parameter fields: the header but for `host`, as it goes on the wire (``append(_:_:to:)``).
    package static func head(method: String, target: String, host: String, fields: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(
            method.utf8.count + target.utf8.count + host.utf8.count + fields.readableBytes + 64)
        buffer.writeString(method)
        buffer.writeStaticString(" ")
        buffer.writeString(target)
        buffer.writeStaticString(" HTTP/1.1\r\nhost: ")
        buffer.writeString(host)
        buffer.writeStaticString("\r\n")
        buffer.writeImmutableBuffer(fields)
        buffer.writeStaticString("\r\n")
        return buffer
    }

    package static func append(_ name: String, _ value: String, to fields: inout ByteBuffer) {
        fields.writeString(name)
        fields.writeStaticString(": ")
        fields.writeString(value)
        fields.writeStaticString("\r\n")
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
