import HTTPTypes
package import Hummingbird
import NIOCore
import Pipeline

extension Problem {
    /// The answer a controller returns for this failure.
    ///
    /// - Parameter status: another status than the code's, where HTTP itself has a better one.
    package func response(status: HTTPResponse.Status? = nil) -> Response {
        var headers: HTTPFields = [.contentType: Self.mediaType, .cacheControl: "no-store"]
        if let seconds = failure.retryAfter { headers[.retryAfter] = String(seconds) }
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
