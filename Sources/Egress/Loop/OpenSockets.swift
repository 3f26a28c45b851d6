import Glibc
import NIOCore

/// The sockets that libcurl holds, for the gauge. Belongs to the loop's thread.
///
/// libcurl says when it closes a connection, but not when it closes an attempt that came to nothing.
final class OpenSockets {
    /// What libcurl says of a connection.
    struct Connection: Hashable {
        let remoteAddress: String
        let remotePort: Int
        let localPort: Int
    }

    private struct Entry {
        let owner: ObjectIdentifier
        let since: NIODeadline
        var connection: Connection?
    }

    /// Told of each socket that is closed.
    var closing: (Int32) -> Void = { _ in }
    private var entries: [Int32: Entry] = [:]
    private var descriptors: [Connection: Int32] = [:]

    var count: Int { entries.count }

    func opened(_ descriptor: Int32, by owner: ObjectIdentifier, now: NIODeadline) {
        forget(descriptor)
        entries[descriptor] = Entry(owner: owner, since: now)
    }

    /// The socket of a connection and since when it is up; nil where it is not known.
    func socket(of connection: Connection) -> (descriptor: Int32, since: NIODeadline)? {
        guard let descriptor = descriptors[connection], let entry = entries[descriptor] else { return nil }
        return (descriptor, entry.since)
    }

    func closed(_ descriptor: Int32) {
        closing(descriptor)
        forget(descriptor)
    }

    /// It counts no more.
    func forget(_ descriptor: Int32) {
        guard let entry = entries.removeValue(forKey: descriptor), let connection = entry.connection else { return }
        if descriptors[connection] == descriptor { descriptors[connection] = nil }
    }

    /// Of what `owner` opened, only this connection is left; nil for none.
    func settle(_ opened: [Int32], of owner: ObjectIdentifier, connection: Connection?) {
        for descriptor in opened where entries[descriptor]?.owner == owner {
            guard let connection, Self.localPort(of: descriptor) == connection.localPort else {
                closed(descriptor)
                continue
            }
            entries[descriptor]?.connection = connection
            descriptors[connection] = descriptor
        }
    }

    /// Whether an idle connection has something to read, or its end: nobody has asked for anything on it, so that it is
    /// of no more use. libcurl takes the farewell of TLS (RFC 8446, section 6.1) for a sign of life.
    static func isSpent(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count >= 0 || errno != EAGAIN && errno != EINTR
    }

    /// The port that a socket is bound to.
    static func localPort(of descriptor: Int32) -> Int? {
        withUnsafeTemporaryAllocation(of: sockaddr_storage.self, capacity: 1) { storage in
            guard let start = UnsafeMutableRawPointer(storage.baseAddress) else { return nil }
            var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let address = start.assumingMemoryBound(to: sockaddr.self)
            guard getsockname(descriptor, address, &count) == 0 else { return nil }
            return SocketAddressBytes.parse(start, count: Int(count))?.port
        }
    }
}
