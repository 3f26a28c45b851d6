import Failure
import HTTPTypes
package import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import Pipeline

extension Problem {
    /// Tells the relay's own failures from an API's answers that a raw call passes through; holds the code.
    private static let errorField = "penstock-error"

    /// The answer a controller returns for this failure.
    ///
    /// - Parameter status: another status than the code's, where HTTP itself has a better one.
    package func response(status: HTTPResponse.Status? = nil) -> Response {
        Response(
            status: status ?? .init(code: self.status), headers: HTTPFields(headers, splitCookie: false),
            body: .init(byteBuffer: ByteBuffer(bytes: bytes(status: status?.code))))
    }

    /// The fields of that answer's head.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["content-type": Self.mediaType, "cache-control": "no-store"]
        if let seconds = failure.retryAfter { headers.add(name: "retry-after", value: String(seconds)) }
        headers.add(name: Self.errorField, value: failure.code.rawValue)
        if failure.code == .unauthorized { headers.add(name: "www-authenticate", value: "Bearer") }
        for field in failure.fields where field.name != "retry-after" {
            headers.add(name: field.name, value: field.value)
        }
        return headers
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
