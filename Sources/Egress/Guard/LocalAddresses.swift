import EgressPolicy
import Glibc
import NIOCore
import Synchronization

/// The addresses of this machine's interfaces, read again every few seconds, since interfaces come and go.
final class LocalAddresses: Sendable {
    private struct State {
        var addresses: Set<IPAddress> = []
        var readAt: NIODeadline?
    }

    private let state = Mutex(State())
    private let read: @Sendable () -> Set<IPAddress>

    init(read: @escaping @Sendable () -> Set<IPAddress> = LocalAddresses.system) { self.read = read }

    /// All of 127.0.0.0/8 is local on Linux, whatever `lo` lists.
    func contains(_ address: IPAddress, now: NIODeadline = .now()) -> Bool {
        if address.classify() == .loopback { return true }
        return state.withLock { state in
            if let readAt = state.readAt, now - readAt < .seconds(5) { return state.addresses.contains(address) }
            state.addresses = read()
            state.readAt = now
            return state.addresses.contains(address)
        }
    }

    /// getifaddrs(3).
    @Sendable static func system() -> Set<IPAddress> {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var addresses: Set<IPAddress> = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let pointer = UnsafeRawPointer(entry.pointee.ifa_addr) else { continue }
            // A family that is neither has no address here, so the longest of both may be read from either.
            if let (address, _) = SocketAddressBytes.parse(pointer, count: SocketAddressBytes.count(at: pointer)) {
                addresses.insert(address.unmapped)
            }
        }
        return addresses
    }
}

/// Reads `sockaddr_in` and `sockaddr_in6` by where ip(7) and ipv6(7) put things: which module the members of these
/// types come from depends on what else is imported.
enum SocketAddressBytes {
    /// How long a socket address is by its family; 0 for one that is not of the internet.
    static func count(at pointer: UnsafeRawPointer) -> Int {
        switch Int32(pointer.loadUnaligned(as: UInt16.self)) {
        case AF_INET: 16
        case AF_INET6: 28
        default: 0
        }
    }

    /// Calls `body` with the address as bind(2) and connect(2) take it.
    static func with(
        _ address: IPAddress, port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        var bytes = [UInt8](repeating: 0, count: address.isV4 ? 16 : 28)
        let family = UInt16(truncatingIfNeeded: address.isV4 ? AF_INET : AF_INET6)
        withUnsafeBytes(of: family) { bytes.replaceSubrange(0..<2, with: $0) }
        bytes[2] = UInt8(truncatingIfNeeded: port >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: port)
        bytes.replaceSubrange(address.isV4 ? 4..<8 : 8..<24, with: address.bytes)
        return withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 8) { room in
            room.copyBytes(from: bytes)
            guard let start = room.baseAddress else { return false }
            return body(start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }

    static func parse(_ pointer: UnsafeRawPointer, count: Int) -> (address: IPAddress, port: Int)? {
        guard count >= 16 else { return nil }
        let bytes = UnsafeRawBufferPointer(start: pointer, count: count)
        let port = Int(bytes[2]) << 8 | Int(bytes[3])
        switch Int32(pointer.loadUnaligned(as: UInt16.self)) {
        case AF_INET: return IPAddress(bytes: bytes[4..<8]).map { ($0, port) }
        case AF_INET6 where count >= 24: return IPAddress(bytes: bytes[8..<24]).map { ($0, port) }
        default: return nil
        }
    }
}
