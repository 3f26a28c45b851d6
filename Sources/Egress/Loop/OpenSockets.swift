import Glibc

/// The sockets that libcurl holds, for the gauge. Belongs to the loop's thread.
///
/// libcurl says when it closes a connection, but not when it closes an attempt that came to nothing.
final class OpenSockets {
    /// By descriptor, who opened it.
    private var owners: [Int32: ObjectIdentifier] = [:]

    var count: Int { owners.count }

    func opened(_ descriptor: Int32, by owner: ObjectIdentifier) { owners[descriptor] = owner }

    func closed(_ descriptor: Int32) { owners[descriptor] = nil }

    /// Of what `owner` opened, only the connection from `localPort` is left; nil for none.
    func settle(_ descriptors: [Int32], of owner: ObjectIdentifier, localPort: Int?) {
        for descriptor in descriptors where owners[descriptor] == owner {
            if localPort == nil || Self.localPort(of: descriptor) != localPort { owners[descriptor] = nil }
        }
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
