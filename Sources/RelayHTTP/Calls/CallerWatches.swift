import NIOCore
import Pipeline
import Synchronization

/// The watch of each connection (or HTTP/2 stream) that has made a call, so that a caller who leaves ends what is under
/// way for them.
final class CallerWatches: Sendable {
    private let watches = Mutex<[ObjectIdentifier: CallerWatch]>([:])

    func watch(for channel: any Channel) -> CallerWatch {
        let id = ObjectIdentifier(channel)
        let (watch, isNew) = watches.withLock { watches in
            if let known = watches[id] { return (known, false) }
            let new = CallerWatch()
            watches[id] = new
            return (new, true)
        }
        if isNew {
            channel.closeFuture.whenComplete { [self] _ in
                watches.withLock { _ = $0.removeValue(forKey: id) }
                watch.callerLeft()
            }
        }
        return watch
    }
}

extension CallerWatch {
    /// A watch for one exchange of a connection.
    static func following(_ channel: any Channel) -> CallerWatch {
        let watch = CallerWatch()
        channel.closeFuture.whenComplete { _ in watch.callerLeft() }
        return watch
    }
}
