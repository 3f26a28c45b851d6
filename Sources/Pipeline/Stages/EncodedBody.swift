import EgressPolicy
import Failure
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
    init(_ value: JSON, as content: RequestContent) throws(CallFailure) {
        switch content.encoding {
        case .json:
            bytes = ByteBuffer(bytes: value.bytes())
            type = content.type
        case .form:
            bytes = ByteBuffer(string: try Self.form(try Self.members(value), content))
            type = content.type
        case .multipart:
            let boundary = "penstock-" + String(UInt64.random(in: .min ... .max), radix: 36)
            bytes = try Self.multipart(try Self.members(value), content, boundary: boundary)
            type = content.type + "; boundary=" + boundary
        case .text:
            guard let text = value.string else { throw Self.failure("", "This must be a string.") }
            bytes = ByteBuffer(string: text)
            type = content.type
        case .base64:
            guard let text = value.string, let decoded = Base64.decode(text.utf8) else {
                throw Self.failure("", "This must be a string of base64.")
            }
            bytes = ByteBuffer(bytes: decoded)
            type = content.type
        }
    }

    private static func members(_ value: JSON) throws(CallFailure) -> JSONObject {
        guard let object = value.object else { throw failure("", "This must be an object.") }
        return object
    }

    private struct Field {
        var name: String
        var value: [UInt8]
        var type: String?
        /// Of a file.
        var fileName: String?
    }

    /// Lists as one field for each element, objects inside as JSON: what OpenAPI says where no encoding is given (3.1,
    /// section 4.8.15).
    private static func fields(_ members: JSONObject, _ content: RequestContent) throws(CallFailure) -> [Field] {
        var fields: [Field] = []
        let beside = Set(content.fields.values.flatMap { [$0.nameArgument, $0.typeArgument] }.compactMap(\.self))
        for (name, member) in members where !beside.contains(name) {
            if let encoding = content.fields[name], encoding.isFile {
                fields += try files(name, member, encoding, members)
                continue
            }
            let encoding = content.fields[name] ?? FieldEncoding()
            switch encoding.style {
            case .deep where member.object != nil || member.array != nil:
                guard let deep = DeepFields(member) else {
                    throw failure(JSONPointer.root.appending(name).description, "This is nested too deep for a form.")
                }
                fields += deep.fields.map { Field(name: "\(name)[\($0.key)]", value: Array($0.value.utf8)) }
            case .joined(let separator):
                if let texts = texts(of: member) {
                    if texts.isEmpty { continue }
                    guard !texts.contains(where: { $0.contains(separator) }) else {
                        throw failure(
                            JSONPointer.root.appending(name).description,
                            "An item contains the character that separates the items of this field.")
                    }
                    let joined = texts.joined(separator: String(separator))
                    fields.append(Field(name: name, value: Array(joined.utf8)))
                } else {
                    fields += try plain(name, member, encoding)
                }
            case .spread:
                guard let object = member.object else {
                    fields += try plain(name, member, encoding)
                    continue
                }
                for (key, value) in object {
                    guard members[key] == nil || key == name else {
                        throw failure(
                            JSONPointer.root.appending(name).appending(key).description,
                            "This is named like another field of the form.")
                    }
                    fields += try plain(key, value, FieldEncoding())
                }
            case .plain, .deep: fields += try plain(name, member, encoding)
            }
        }
        return fields
    }

    private static func plain(_ name: String, _ value: JSON, _ encoding: FieldEncoding) throws(CallFailure) -> [Field] {
        var fields: [Field] = []
        for element in value.array ?? [value] where !element.isNull {
            fields.append(try field(name, element, encoding))
        }
        return fields
    }

    /// The items of a list, or an object's names and values in turn; nil for what holds more than scalars.
    private static func texts(of value: JSON) -> [String]? {
        let items: [JSON]
        switch value {
        case .array(let elements): items = elements
        case .object(let object): items = object.flatMap { [.string($0.key), $0.value] }
        case .null, .bool, .number, .string: return nil
        }
        let texts = items.compactMap(\.parameterText)
        return texts.count == items.count ? texts : nil
    }

    /// A file, or each of a list, with the name and type that the caller gives it.
    private static func files(
        _ name: String, _ value: JSON, _ encoding: FieldEncoding, _ members: JSONObject
    ) throws(CallFailure) -> [Field] {
        var fields: [Field] = []
        for (index, element) in (value.array ?? [value]).enumerated() where !element.isNull {
            guard let text = element.string, let bytes = Base64.decode(text.utf8) else {
                throw failure(JSONPointer.root.appending(name).description, "A file is given as a string of base64.")
            }
            func beside(_ argument: String?) -> String? {
                guard let argument, let value = members[argument] else { return nil }
                return value.string ?? value[index]?.string
            }
            let fileName = beside(encoding.nameArgument) ?? name
            guard !fileName.isEmpty, fileName.utf8.count <= 1024,
                fileName.utf8.allSatisfy({
                    $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\")
                })
            else {
                throw failure(
                    JSONPointer.root.appending(encoding.nameArgument ?? name).description,
                    "A file's name is one name without slashes and control characters.")
            }
            let type = beside(encoding.typeArgument)
            if let type, RequestContent(type) == nil {
                throw failure(
                    JSONPointer.root.appending(encoding.typeArgument ?? name).description,
                    "This must be a media type such as application/pdf.")
            }
            fields.append(
                Field(
                    name: name, value: bytes, type: type ?? encoding.type ?? "application/octet-stream",
                    fileName: fileName))
        }
        return fields
    }

    private static func field(_ name: String, _ value: JSON, _ encoding: FieldEncoding) throws(CallFailure) -> Field {
        let text = value.parameterText
        let type = encoding.type ?? (text == nil ? "application/json" : nil)
        return Field(name: name, value: Array((text ?? value.text()).utf8), type: type)
    }

    private static func form(_ members: JSONObject, _ content: RequestContent) throws(CallFailure) -> String {
        try fields(members, content).map {
            TokenRequest.encoded($0.name) + "=" + TokenRequest.encoded(String(decoding: $0.value, as: UTF8.self))
        }.joined(separator: "&")
    }

    /// RFC 7578. A name that would break its line is refused (S7). A file without a name is named like its field: servers
    /// take a part for a file by its having a name.
    private static func multipart(
        _ members: JSONObject, _ content: RequestContent, boundary: String
    ) throws(CallFailure) -> ByteBuffer {
        var buffer = ByteBuffer()
        for field in try fields(members, content) {
            guard field.name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }) else {
                throw failure(
                    JSONPointer.root.appending(field.name).description, "This name cannot be sent in a form.")
            }
            buffer.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field.name)\"")
            if let name = field.fileName {
                // As browsers write it (HTML, section 4.10.21.8): there is no other escape that servers agree on.
                buffer.writeString("; filename=\"\(name.replacing("\"", with: "%22"))\"")
            }
            if let type = field.type { buffer.writeString("\r\nContent-Type: \(type)") }
            buffer.writeString("\r\n\r\n")
            buffer.writeBytes(field.value)
            buffer.writeString("\r\n")
        }
        buffer.writeString("--\(boundary)--\r\n")
        return buffer
    }

    private static func failure(_ pointer: String, _ message: String) -> CallFailure {
        BoundArguments.failure([.init(pointer: pointer, message: message)])
    }
}
