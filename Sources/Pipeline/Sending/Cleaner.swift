import Failure
import NIOCore
import NIOHTTP1
import Redaction

/// Stage: an answer's body with its content coding undone and the call's secrets taken out, as it streams (S10, C5).
///
/// One body's, used by one task at a time.
struct Cleaner: ~Copyable {
    private var decoder: BodyDecoder
    private var scrub: ScrubStream?
    private let scrubber: Scrubber?
    private var watch: CompressedWatch?
    private var hasBegun = false
    private let status: Int

    /// - Parameters:
    ///   - scrubber: nil where there is no secret to look for.
    ///   - limits: of what the body may amount to once it is decoded.
    ///   - options: how secrets are taken out.
    init(
        _ response: InboundResponse, scrubber: Scrubber?, limits: DecodingLimits,
        options: Scrubber.StreamOptions = []
    ) throws(CallFailure) {
        status = response.status
        self.scrubber = scrubber
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
    mutating func clean(_ bytes: ByteBuffer) throws(CallFailure) -> ByteBuffer {
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
        try look(decoded)
        return scrub?.scrub(decoded) ?? decoded
    }

    /// - Throws: `UPSTREAM_ERROR` where a secret is compressed in the body: there is no other way to keep it back.
    private mutating func look(_ bytes: ByteBuffer) throws(CallFailure) {
        guard let scrubber, !scrubber.isEmpty, bytes.readableBytes > 0 else { return }
        if !hasBegun {
            hasBegun = true
            watch = CompressedWatch(bytes, scrubber)
        }
        guard watch?.finds(in: bytes) ?? false else { return }
        throw CallFailure(
            .upstreamError, stage: .origin,
            detail: "The API's answer holds the API's credential in compressed form, so it is withheld.", sent: true,
            upstreamStatus: status)
    }

    /// The body has ended: the rest of it.
    mutating func finish() throws(CallFailure) -> ByteBuffer {
        do throws(BodyDecodingError) {
            try decoder.finish()
        } catch {
            throw Self.failure(error, status: status)
        }
        return scrub?.finish() ?? ByteBuffer()
    }

    /// A whole body: its content coding undone, in UTF-8 where it is text, and without the call's secrets.
    ///
    /// - Parameter most: bytes of the decoded body.
    static func whole(
        _ bytes: ByteBuffer, of response: InboundResponse, scrubber: Scrubber?, most: Int
    ) throws(CallFailure) -> ByteBuffer {
        var limits = DecodingLimits.defaults
        limits.decodedBytes = most
        var cleaner = try Cleaner(response, scrubber: scrubber, limits: limits)
        cleaner.scrub = nil
        var body = try cleaner.clean(bytes)
        body.writeImmutableBuffer(try cleaner.finish())
        let media = MediaType(response.headers.first(name: "content-type") ?? "")
        func inUTF8(_ bytes: ByteBuffer) -> ByteBuffer? {
            media.isText ? TextCharset.utf8(bytes, declared: media.charset, isJSON: media.isJSON) : nil
        }
        guard let scrubber else { return inUTF8(body) ?? body }
        guard let text = inUTF8(body) else { return scrubber.scrub(body) }
        // Read in a charset that it is not in, a body hides what stood in it.
        if !scrubber.finds(in: text), scrubber.finds(in: body) { return scrubber.scrub(body) }
        return scrubber.scrub(text)
    }

    /// About how many bytes there are to look at in a body of so many.
    static func work(_ bytes: Int, _ headers: HTTPHeaders) -> Int {
        headers.contains(name: "content-encoding") ? bytes * expansion : bytes
    }

    /// How many bytes a byte of a compressed body stands for, as a rule.
    static let expansion = 16

    private static func failure(_ error: BodyDecodingError, status: Int) -> CallFailure {
        switch error.code {
        case .tooLarge, .ratio, .tooManyMembers:
            CallFailure(
                .responseTooLarge, stage: .validation, detail: "The API's answer is too large once it is decoded.",
                sent: true, upstreamStatus: status)
        case .unsupportedEncoding, .tooManyEncodings:
            CallFailure(
                .upstreamError, stage: .origin, detail: "The API encoded its answer in a way not asked for.",
                sent: true, upstreamStatus: status)
        case .malformed, .trailingData, .truncated:
            CallFailure(
                .upstreamError, stage: .origin, detail: "The API's answer is not what its content coding says.",
                sent: true, upstreamStatus: status)
        case .memory:
            CallFailure(.overloaded, stage: .relay, detail: "There was no memory to decode the answer.", sent: true)
        }
    }
}
