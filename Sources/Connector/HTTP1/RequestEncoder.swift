import NIOCore
import NIOHTTP1

/// Writes requests as HTTP/1.1 (RFC 9112). It adds nothing: how the body is framed is the request's own decision.
enum RequestEncoder {
    /// The head, with its empty line.
    static func head(_ request: OriginRequest, host: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(
            request.method.utf8.count + request.target.utf8.count + host.utf8.count + request.fields.readableBytes + 64)
        buffer.writeString(request.method)
        buffer.writeStaticString(" ")
        buffer.writeString(request.target)
        buffer.writeStaticString(" HTTP/1.1\r\nhost: ")
        buffer.writeString(host)
        buffer.writeStaticString("\r\n")
        buffer.writeImmutableBuffer(request.fields)
        buffer.writeStaticString("\r\n")
        return buffer
    }

    static func append(_ name: String, _ value: String, to fields: inout ByteBuffer) {
        fields.writeString(name)
        fields.writeStaticString(": ")
        fields.writeString(value)
        fields.writeStaticString("\r\n")
    }

    /// What stands before a chunk of `count` bytes; ``chunkEnd`` stands behind it. A chunk of 0 would end the body.
    static func chunkStart(_ count: Int) -> ByteBuffer {
        ByteBuffer(string: String(count, radix: 16) + "\r\n")
    }

    static let chunkEnd = ByteBuffer(string: "\r\n")

    /// The end of a chunked body.
    static func lastChunk(trailers: HTTPHeaders?) -> ByteBuffer {
        var buffer = ByteBuffer(string: "0\r\n")
        for (name, value) in trailers ?? [:] where FieldKind.of(name) == .endToEnd {
            append(name, value, to: &buffer)
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }
}
