import NIOCore
import NIOHTTP1
import Pipeline
import Redaction

/// Reads an answer's body without its content codings, up to a bound.
enum DecodedBody {
    /// - Returns: the body, and whether it went on behind `limit` bytes.
    /// - Throws: `BodyDecodingError`, and what the route throws.
    static func read(_ response: InboundResponse, upTo limit: Int) async throws -> (bytes: [UInt8], isCut: Bool) {
        var limits = DecodingLimits()
        // One byte more than wanted says that there is more.
        limits.decodedBytes = limit + 1
        var decoder = try BodyDecoder(contentEncoding: response.headers["content-encoding"], limits: limits)
        var body: [UInt8] = []
        /// False once the bound is passed.
        func take(_ piece: ByteBuffer) throws -> Bool {
            var input = piece
            while let decoded = try decoder.next(&input) {
                body += decoded.readableBytesView
                if body.count > limit { return false }
            }
            return true
        }
        do {
            switch response.body {
            case .whole(let bytes):
                if let bytes, try !take(bytes) { return (Array(body.prefix(limit)), true) }
            case .streamed(let next):
                while let piece = try await next() {
                    guard try take(piece) else { return (Array(body.prefix(limit)), true) }
                }
            }
            try decoder.finish()
        } catch let error as BodyDecodingError where error.code == .tooLarge {
            return (Array(body.prefix(limit)), true)
        }
        return (body, false)
    }
}
