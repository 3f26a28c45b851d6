import NIOCore
import ReverseHTTP

/// Bounds the frames of a client that cost it nothing, ask for nothing and are counted by nobody else: WINDOW_UPDATE,
/// PRIORITY and frames of unknown types. The HTTP/2 engine counts PING, SETTINGS, RST_STREAM and empty DATA itself.
struct HTTP2FrameBudget {
    private var budget: AbuseBudget
    /// WINDOW_UPDATE frames that the bytes sent to the client account for.
    private var windowUpdates = Self.mostWindowUpdates

    /// Each DATA frame may be acknowledged for its stream and for the connection, in two parts.
    private static let windowUpdatesForData = 4
    private static let mostWindowUpdates = 4000

    init(_ configuration: AbuseBudget.Configuration = .init(), now: NIODeadline) {
        budget = AbuseBudget(configuration, now: now)
    }

    /// Takes note of a client's frame; false when there were too many.
    mutating func received(_ frame: HTTP2FrameWatch.Frame, now: NIODeadline) -> Bool {
        switch frame.kind {
        case HTTP2FrameWatch.Kind.data, HTTP2FrameWatch.Kind.headers, HTTP2FrameWatch.Kind.continuation,
            HTTP2FrameWatch.Kind.resetStream, HTTP2FrameWatch.Kind.settings, HTTP2FrameWatch.Kind.ping:
            return true
        case HTTP2FrameWatch.Kind.windowUpdate where windowUpdates > 0:
            windowUpdates -= 1
            return true
        default:
            return budget.spend(.other, now: now)
        }
    }

    /// Takes note of a frame sent to the client.
    mutating func sent(_ frame: HTTP2FrameWatch.Frame) {
        guard frame.kind == HTTP2FrameWatch.Kind.data else { return }
        windowUpdates = min(Self.mostWindowUpdates, windowUpdates + Self.windowUpdatesForData)
    }
}
