import Administration
import Failure
import HTTPTypes
import Hummingbird
import NIOCore
import Value
import YAML

extension Request {
    /// The whole body.
    func wholeBody(_ context: RelayContext) async throws -> ByteBuffer {
        let tooLarge = CallFailure(
            .invalidRequest, stage: .relay, detail: "The body is larger than \(context.bodyLimit) bytes.")
        // Said before the body comes, where its length is known.
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > context.bodyLimit { throw tooLarge }
        var bytes = ByteBuffer()
        for try await var chunk in body {
            guard bytes.readableBytes + chunk.readableBytes <= context.bodyLimit else { throw tooLarge }
            bytes.writeBuffer(&chunk)
        }
        return bytes
    }

    /// The body as a document, JSON or YAML by its content type.
    func document(_ context: RelayContext) async throws -> Document {
        let bytes = try await wholeBody(context)
        let type = headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? ""
        do {
            if type.hasSuffix("yaml") { return try YAML.parse(Array(bytes.readableBytesView)) }
            return try JSON.parseDocument(bytes.readableBytesView)
        } catch {
            throw CallFailure(.invalidRequest, stage: .validation, detail: "The body cannot be read: \(error)")
        }
    }

    /// The body as one JSON object with no members but these.
    func object(_ members: Set<String>, _ context: RelayContext) async throws -> JSONObject {
        let root = try await document(context).root
        if root.isNull { return JSONObject() }
        guard let object = root.object else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "The body must be one object, not \(root.typeName).")
        }
        let unknown = object.keys.filter { !members.contains($0) }
        guard unknown.isEmpty else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "The body holds unknown members.",
                violations: unknown.map {
                    .init(pointer: JSONPointer.root.appending($0).description, message: "There is no such member.")
                })
        }
        return object
    }

    /// `?user_id=` of an operator's list.
    var ofUser: String? { uri.queryParameters["user_id"].map { String($0) } }

    var condition: WriteCondition {
        if let list = HTTPField.Name("if-match").flatMap({ headers[$0] }) {
            return .matches(etags: EntityTags.of(list))
        }
        // RFC 9110, section 13.1.2: only where there is nothing yet.
        return HTTPField.Name("if-none-match").flatMap { headers[$0] } == "*" ? .new : .any
    }
}

extension JSONObject {
    /// A member that must be a string, if it is there.
    func string(_ name: String) throws(CallFailure) -> String? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let text = value.string else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "A member has the wrong type.",
                violations: [.init(pointer: "/\(name)", message: "This must be a string, not \(value.typeName).")])
        }
        return text
    }

    /// `expires_in_s`: for how many seconds a token is good.
    func life() throws(CallFailure) -> Int? {
        guard let value = self["expires_in_s"], !value.isNull else { return nil }
        guard let seconds = value.int, (1...Administration.longestLife).contains(seconds) else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "The token's life is not valid.",
                violations: [
                    .init(
                        pointer: "/expires_in_s",
                        message: "This must be a number of seconds from 1 to \(Administration.longestLife).")
                ])
        }
        return seconds
    }

    func requiredString(_ name: String) throws(CallFailure) -> String {
        guard let text = try string(name), !text.isEmpty, text.utf8.count <= 200 else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "A member is missing.",
                violations: [.init(pointer: "/\(name)", message: "This must be a string of 1 to 200 bytes.")])
        }
        return text
    }
}

extension RelayContext {
    func actor() throws(CallFailure) -> Actor {
        Actor(token: try requireToken(), requestID: requestID)
    }
}

extension Response {
    static func json(_ value: JSON, status: HTTPResponse.Status = .ok, etag: String? = nil) -> Response {
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if let etag { headers[.eTag] = etag }
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.bytes())))
    }

    /// JSON that is written already.
    static func json(bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static var done: Response { Response(status: .noContent) }
}
