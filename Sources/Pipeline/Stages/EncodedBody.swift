import EgressPolicy
import NIOCore
import Registry
import Value
import Vault

/// Stage: a request's body as bytes, by the endpoint's content type.
struct EncodedBody {
    let bytes: ByteBuffer
    /// What `Content-Type` says.
    let type: String

    /// - Throws: `INVALID_REQUEST` for a value that this content type cannot carry.
    init(_ value: JSON, as content: RequestContent) throws(Failure) {
        switch content.encoding {
        case .json:
            bytes = ByteBuffer(bytes: value.bytes())
            type = content.type
        case .form:
            bytes = ByteBuffer(string: try Self.form(try Self.members(value)))
            type = content.type
        case .multipart:
            let boundary = "penstock-" + String(UInt64.random(in: .min ... .max), radix: 36)
            bytes = try Self.multipart(try Self.members(value), boundary: boundary)
            type = content.type + "; boundary=" + boundary
        case .text:
            guard let text = value.string else { throw Self.failure("", "This must be a string.") }
            bytes = ByteBuffer(string: text)
            type = content.type
        case .base64:
            guard let text = value.string, let decoded = Base64.decode(Array(text.utf8)) else {
                throw Self.failure("", "This must be a string of base64.")
            }
            bytes = ByteBuffer(bytes: decoded)
            type = content.type
        }
    }

    private static func members(_ value: JSON) throws(Failure) -> JSONObject {
        guard let object = value.object else { throw failure("", "This must be an object.") }
        return object
    }

    /// Lists as one field for each element, objects inside as JSON: what OpenAPI says where no encoding is given (3.1,
    /// section 4.8.15).
    private static func fields(_ members: JSONObject) -> [(name: String, value: String, isJSON: Bool)] {
        var fields: [(name: String, value: String, isJSON: Bool)] = []
        for (name, member) in members {
            let elements = member.array ?? [member]
            for element in elements where !element.isNull {
                let text = element.parameterText
                fields.append((name, text ?? element.text(), text == nil))
            }
        }
        return fields
    }

    private static func form(_ members: JSONObject) throws(Failure) -> String {
        fields(members).map { TokenRequest.encoded($0.name) + "=" + TokenRequest.encoded($0.value) }
            .joined(separator: "&")
    }

    /// RFC 7578. A name that would break its line is refused (S7).
    private static func multipart(_ members: JSONObject, boundary: String) throws(Failure) -> ByteBuffer {
        var buffer = ByteBuffer()
        for field in fields(members) {
            guard field.name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }) else {
                throw failure(
                    JSONPointer.root.appending(field.name).description, "This name cannot be sent in a form.")
            }
            buffer.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field.name)\"\r\n")
            if field.isJSON { buffer.writeString("Content-Type: application/json\r\n") }
            buffer.writeString("\r\n\(field.value)\r\n")
        }
        buffer.writeString("--\(boundary)--\r\n")
        return buffer
    }

    private static func failure(_ pointer: String, _ message: String) -> Failure {
        BoundArguments.failure([.init(pointer: pointer, message: message)])
    }
}
