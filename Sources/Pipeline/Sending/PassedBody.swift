import Failure
import NIOCore
import NIOHTTP1
import Redaction
import Synchronization

/// A raw answer's head and body as they are passed on: without the call's secrets, and where there are any to look for,
/// with its content coding undone.
struct PassedBody: Sendable {
    private(set) var headers: HTTPHeaders
    private(set) var body: InboundBody

    var isStreamed: Bool {
        if case .streamed = body { true } else { false }
    }

    /// A whole body is cleaned here; one that streams, while it is read.
    ///
    /// - Parameters:
    ///   - counted: the answer's body as it is to be read.
    ///   - work: does long pieces of a streamed body's cleaning, for `user`.
    /// - Throws: `UPSTREAM_ERROR`, `RESPONSE_TOO_LARGE` or `OVERLOADED` where a whole body cannot be cleaned.
    init(
        _ response: InboundResponse, counted: InboundBody, method: String, scrubber: Scrubber?, work: WorkPool,
        user: String
    ) throws(CallFailure) {
        headers = response.headers
        body = counted
        let hasBody = method != "HEAD" && response.status != 204 && response.status != 304
        guard let scrubber, !scrubber.isEmpty, hasBody else { return }
        var limits = DecodingLimits.defaults
        // What streams is bounded by windows, not by this; the ratio still tells a bomb.
        limits.decodedBytes = .max
        // What is decoded has another length than was promised.
        let hasLength = headers.contains(name: "content-length") && !headers.contains(name: "content-encoding")
        var cleaner = try Cleaner(
            response, scrubber: scrubber, limits: limits, options: hasLength ? [.prompt, .keepsLength] : .prompt)
        if cleaner.changesCoding {
            headers.remove(name: "content-encoding")
            headers.remove(name: "content-length")
        }
        switch counted {
        case .whole(let bytes):
            let bytes = bytes ?? ByteBuffer()
            var clean = try cleaner.clean(bytes)
            clean.writeImmutableBuffer(try cleaner.finish())
            if headers.contains(name: "content-length") || cleaner.changesCoding {
                headers.replaceOrAdd(name: "content-length", value: String(clean.readableBytes))
            }
            body = .whole(clean)
        case .streamed(let next):
            let stream = CleanStream(cleaner, work, user, next)
            body = .streamed { try await stream.next() }
        }
    }
}

/// A body that is cleaned while it is read, by one task at a time.
private final class CleanStream: Sendable {
    private struct State: ~Copyable {
        var cleaner: Cleaner
        var isEnded = false
    }

    private let state: Mutex<State>
    private let source: @Sendable () async throws -> ByteBuffer?
    private let work: WorkPool
    private let user: String
    /// How many bytes a byte of the body may stand for.
    private let factor: Int

    init(
        _ cleaner: consuming sending Cleaner, _ work: WorkPool, _ user: String,
        _ source: @escaping @Sendable () async throws -> ByteBuffer?
    ) {
        factor = cleaner.changesCoding ? Cleaner.expansion : 1
        self.work = work
        self.user = user
        state = Mutex(State(cleaner: cleaner))
        self.source = source
    }

    func next() async throws -> ByteBuffer? {
        while true {
            guard !state.withLock({ $0.isEnded }) else { return nil }
            guard let bytes = try await source() else {
                let rest = try state.withLock { state throws(CallFailure) -> ByteBuffer in
                    state.isEnded = true
                    return try state.cleaner.finish()
                }
                return rest.readableBytes > 0 ? rest : nil
            }
            let clean = try await work.run(for: user, bytes: bytes.readableBytes * factor) {
                try state.withLock { state throws(CallFailure) -> ByteBuffer in try state.cleaner.clean(bytes) }
            }
            if clean.readableBytes > 0 { return clean }
        }
    }
}
