import NIOCore
import Synchronization

/// Counts the body bytes of a call both ways.
final class ByteCounter: Sendable {
    private let sentBytes = Atomic<Int>(0)
    private let receivedBytes = Atomic<Int>(0)

    var sent: Int { sentBytes.load(ordering: .relaxed) }
    var received: Int { receivedBytes.load(ordering: .relaxed) }

    func counting(_ body: OutboundBody) -> OutboundBody {
        switch body {
        case .none:
            return body
        case .whole(let bytes):
            sentBytes.store(bytes.readableBytes, ordering: .relaxed)
            return body
        case .streamed(let next):
            return .streamed {
                let chunk = try await next()
                self.sentBytes.wrappingAdd(chunk?.readableBytes ?? 0, ordering: .relaxed)
                return chunk
            }
        }
    }

    func counting(_ body: InboundBody) -> InboundBody {
        switch body {
        case .whole(let bytes):
            receivedBytes.store(bytes?.readableBytes ?? 0, ordering: .relaxed)
            return body
        case .streamed(let next):
            return .streamed {
                let chunk = try await next()
                self.receivedBytes.wrappingAdd(chunk?.readableBytes ?? 0, ordering: .relaxed)
                return chunk
            }
        }
    }
}
