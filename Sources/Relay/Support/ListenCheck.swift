import Glibc
import NIOCore

/// Tells before anything is started whether an address can be listened on: then the message names the one that cannot.
enum ListenCheck {
    /// Binds and lets go again.
    static func run(_ listen: RelayConfiguration.Listen) throws(RelayError) {
        let place = "\(listen.host):\(listen.port)"
        // Names are left to the listener itself.
        guard let address = try? SocketAddress(ipAddress: listen.host, port: listen.port) else { return }
        let family = address.protocol == .inet6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        let isFree = address.withSockAddr { pointer, size in
            bind(descriptor, pointer, socklen_t(size)) == 0 && Glibc.listen(descriptor, 1) == 0
        }
        guard !isFree else { return }
        switch errno {
        case EADDRINUSE: throw RelayError("The relay cannot listen: \(place) is in use by another process.")
        case EACCES: throw RelayError("The relay may not listen on \(place): use a port above 1023.")
        case EADDRNOTAVAIL: throw RelayError("The relay cannot listen: \(place) is no address of this machine.")
        default: throw RelayError("The relay cannot listen on \(place): \(String(cString: strerror(errno))).")
        }
    }
}
