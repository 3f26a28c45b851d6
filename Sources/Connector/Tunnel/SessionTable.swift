import NIOCore
import ReverseHTTP
import Synchronization

/// The sessions that are up, for health, metrics and the end.
final class SessionTable: Sendable {
    private let sessions = Mutex<[ObjectIdentifier: ServerSession]>([:])

    func add(_ session: ServerSession) {
        let id = ObjectIdentifier(session)
        sessions.withLock { $0[id] = session }
        session.closeFuture.whenComplete { _ in self.sessions.withLock { _ = $0.removeValue(forKey: id) } }
    }

    var all: [ServerSession] { sessions.withLock { Array($0.values) } }
    var count: Int { sessions.withLock { $0.count } }

    func closeAll() {
        for session in all { session.close() }
    }
}
