import Failure
import HTTPTypes
package import Hummingbird
import NIOCore

extension Problem {
    /// Tells the relay's own failures from an API's answers that a raw call passes through; holds the code.
    private static let errorField = HTTPField.Name("penstock-error") ?? .server

    /// The answer a controller returns for this failure.
    ///
    /// - Parameter status: another status than the code's, where HTTP itself has a better one.
    package func response(status: HTTPResponse.Status? = nil) -> Response {
        var headers: HTTPFields = [.contentType: Self.mediaType, .cacheControl: "no-store"]
        if let seconds = failure.retryAfter { headers[.retryAfter] = String(seconds) }
        headers[Self.errorField] = failure.code.rawValue
        if failure.code == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        headers.append(failure.fields.filter { $0.name != "retry-after" })
        return Response(
            status: status ?? .init(code: self.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: bytes(status: status?.code))))
    }
}

extension HTTPFields {
    /// Appends fields of the relay's own.
    mutating func append(_ fields: [ResponseField]) {
        for field in fields {
            if let name = HTTPField.Name(field.name) { append(HTTPField(name: name, value: field.value)) }
        }
    }
}
