import NIOCore
import NIOHTTP1
import Traffic

/// Stage: an answer's body with its content coding undone and the call's secrets taken out, as it streams (S10, C5).
///
/// One body's, used by one task at a time.
struct Cleaner: ~Copyable {
    private var decoder: BodyDecoder
    private var scrub: ScrubStream?
    private let status: Int

    /// - Parameters:
    ///   - scrubber: nil where there is no secret to look for.
    ///   - limits: of what the body may amount to once it is decoded.
    ///   - options: how secrets are taken out.
    init(
        _ response: InboundResponse, scrubber: Scrubber?, limits: DecodingLimits,
        options: Scrubber.StreamOptions = []
    ) throws(Failure) {
        status = response.status
        scrub = scrubber.map { $0.stream(options) }
        let codings = response.headers[canonicalForm: "content-encoding"].map { String($0) }
        do throws(BodyDecodingError) {
            decoder = try BodyDecoder(contentEncoding: codings, limits: limits)
        } catch {
            throw Self.failure(error, status: response.status)
        }
    }

    /// Whether the body that comes out differs from the one that goes in even where no secret is in it.
    var changesCoding: Bool { !decoder.isIdentity }

    /// What may leave of these bytes; empty where nothing may yet.
    mutating func clean(_ bytes: ByteBuffer) throws(Failure) -> ByteBuffer {
        let decoded: ByteBuffer
        if decoder.isIdentity {
            decoded = bytes
        } else {
            do throws(BodyDecodingError) {
                decoded = try decoder.decode(bytes)
            } catch {
                throw Self.failure(error, status: status)
            }
        }
        return scrub?.scrub(decoded) ?? decoded
    }

    /// The body has ended: the rest of it.
    mutating func finish() throws(Failure) -> ByteBuffer {
        do throws(BodyDecodingError) {
            try decoder.finish()
        } catch {
            throw Self.failure(error, status: status)
        }
        return scrub?.finish() ?? ByteBuffer()
    }

    private static func failure(_ error: BodyDecodingError, status: Int) -> Failure {
        switch error.code {
        case .tooLarge, .ratio, .tooManyMembers:
            Failure(
                .responseTooLarge, stage: .validation, detail: "The API's answer is too large once it is decoded.",
                sent: true, upstreamStatus: status)
        case .unsupportedEncoding, .tooManyEncodings:
            Failure(
                .upstreamError, stage: .origin, detail: "The API encoded its answer in a way not asked for.",
                sent: true, upstreamStatus: status)
        case .malformed, .trailingData, .truncated:
            Failure(
                .upstreamError, stage: .origin, detail: "The API's answer is not what its content coding says.",
                sent: true, upstreamStatus: status)
        case .memory:
            Failure(.overloaded, stage: .relay, detail: "There was no memory to decode the answer.", sent: true)
        }
    }
}
