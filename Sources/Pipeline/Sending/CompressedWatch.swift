import NIOCore
import Redaction

/// Looks for secrets in a body that is compressed and does not say so: a careless server sends its own log that way.
///
/// It is used by one task at a time, as the ``Cleaner`` that has it is. It looks at the first ten megabytes of what comes out. A body that is not what it begins like is not looked at further.
final class CompressedWatch {
    private var decoder: BodyDecoder
    private var scrub: ScrubStream
    private var left = CompressedWatch.most
    private var isOver = false

    /// Decoded bytes that are looked at.
    private static let most = 10 << 20

    /// Nil for a body that does not begin like gzip (RFC 1952) or zlib (RFC 1950).
    init?(_ bytes: ByteBuffer, _ scrubber: Scrubber) {
        let coding: String
        switch bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) {
        case 0x1F8B: coding = "gzip"
        case 0x7801, 0x785E, 0x789C, 0x78DA: coding = "deflate"
        default: return nil
        }
        var limits = DecodingLimits.defaults
        limits.decodedBytes = Self.most + limits.pieceBytes
        do {
            decoder = try BodyDecoder(contentEncoding: [coding], limits: limits)
        } catch {
            return nil
        }
        scrub = scrubber.stream()
    }

    /// Whether the end of a secret is in these bytes.
    func finds(in bytes: ByteBuffer) -> Bool {
        guard !isOver else { return false }
        var bytes = bytes
        do {
            while left > 0, let piece = try decoder.next(&bytes) {
                left -= piece.readableBytes
                _ = scrub.scrub(piece)
                if scrub.replacements > 0 { return true }
            }
            isOver = left <= 0
        } catch {
            isOver = true
        }
        return false
    }
}

/// Only the cleaner that made it reaches it, and that cannot be copied.
extension CompressedWatch: @unchecked Sendable {}
