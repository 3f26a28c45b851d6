import HTTPTypes
package import Hummingbird
import NIOCore
import Pipeline

extension Problem {
    /// The answer a controller returns for this failure.
    package func response() -> Response {
        var headers: HTTPFields = [.contentType: Self.mediaType, .cacheControl: "no-store"]
        if let seconds = failure.retryAfter { headers[.retryAfter] = String(seconds) }
        if failure.code == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: .init(code: status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes())))
    }
}
