import Failure
import Limits
import NIOCore
import NIOHTTP1
import Synchronization

/// Whether a raw call's answer says that the API has had too many requests. Some APIs say so with 403, and then perhaps in
/// the body's text alone, which is read while it passes.
final class RateLimitWatch: Sendable {
    private let status: Int
    private let isLimitedByHead: Bool
    /// The beginning of the body of a 403.
    private let text = Mutex(ByteBuffer())

    /// - Parameter now: microseconds since 1970.
    init(_ response: InboundResponse, now: Int64) {
        status = response.status
        let retryAfter = response.headers.first(name: "retry-after").flatMap { RetryAfter.wait($0, now: now) }
        isLimitedByHead = Judge.isRateLimit(response.status, response.headers, retryAfter: retryAfter)
    }

    /// By what has passed until now.
    var isRateLimited: Bool { isLimitedByHead || text.withLock { Judge.isRateLimit(status, text: $0) } }

    /// What the answer stands for where it is an error, by what has passed until now.
    var code: ErrorCode? { Judge.code(ofError: status, isRateLimited: isRateLimited) }

    /// The body, read as it passes.
    func watching(_ body: InboundBody) -> InboundBody {
        guard status == 403, !isLimitedByHead else { return body }
        switch body {
        case .whole(let bytes):
            if let bytes { read(bytes) }
            return body
        case .streamed(let next):
            return .streamed {
                let chunk = try await next()
                if let chunk { self.read(chunk) }
                return chunk
            }
        }
    }

    private func read(_ bytes: ByteBuffer) {
        text.withLock { text in
            let room = Judge.errorBodyLimit - text.readableBytes
            guard room > 0 else { return }
            text.writeBytes(bytes.readableBytesView.prefix(room))
        }
    }
}
