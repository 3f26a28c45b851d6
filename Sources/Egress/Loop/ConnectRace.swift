import CCurl
import Dialling
import EgressPolicy
import Glibc
import NIOCore

/// The race of a host's addresses for one TCP connection (RFC 8305): sockets that connect, until one is up. libcurl gets
/// the winner's. Belongs to the loop's thread.
final class ConnectRace {
    enum Step {
        /// Nobody has won yet.
        case running
        case won(descriptor: Int32, address: IPAddress)
        /// `errno` of the last attempt.
        case lost(Int32)
    }

    let started: NIODeadline
    private let port: Int
    private let bind: IPAddress?
    private let silent: SilentAddresses
    private var race: AddressRace<IPAddress>
    /// Sockets that are connecting, the oldest first.
    private(set) var running: [(descriptor: Int32, address: IPAddress)] = []
    private var lastError = EHOSTUNREACH

    /// - Parameter bind: the local address that connections come from.
    init(_ addresses: [IPAddress], port: Int, bind: IPAddress?, silent: SilentAddresses, now: NIODeadline) {
        self.port = port
        self.bind = bind
        self.silent = silent
        started = now
        race = AddressRace(silent.order(addresses, port: port, now: now), now: now)
    }

    /// When ``advance(now:)`` should be called again; nil for not before something happens.
    var due: NIODeadline? { race.due }

    /// Begins the attempts that are due. Their sockets are to be watched until they can be written to.
    func advance(now: NIODeadline) -> Step {
        while let address = race.next(now: now) {
            if let descriptor = connect(to: address) {
                running.append((descriptor, address))
            } else {
                race.failed(now: now)
            }
        }
        return race.isLost ? .lost(lastError) : .running
    }

    /// A socket is up, or has failed.
    func happened(on descriptor: Int32, now: NIODeadline) -> Step {
        guard let index = running.firstIndex(where: { $0.descriptor == descriptor }) else { return .running }
        let address = running.remove(at: index).address
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0 { error = errno }
        if error == 0 {
            // Who began earlier and has not answered yet is slower by the stagger at least.
            for (_, slower) in running[..<index] { silent.insert(slower, port: port, now: now) }
            silent.remove(address, port: port)
            return .won(descriptor: descriptor, address: address)
        }
        close(descriptor)
        lastError = error
        if error != ECONNREFUSED { silent.insert(address, port: port, now: now) }
        race.failed(now: now)
        return advance(now: now)
    }

    /// Nobody has answered in time.
    func timedOut(now: NIODeadline) {
        for (_, address) in running { silent.insert(address, port: port, now: now) }
    }

    /// The socket of an attempt that has begun; nil where it failed at once.
    private func connect(to address: IPAddress) -> Int32? {
        let target = address.unmapped
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(target.isV4 ? AF_INET : AF_INET6, kind, 0)
        guard descriptor >= 0 else {
            lastError = errno
            return nil
        }
        if let bind, !SocketAddressBytes.with(bind.unmapped, port: 0, { Glibc.bind(descriptor, $0, $1) == 0 }) {
            return failed(descriptor)
        }
        let isBegun = SocketAddressBytes.with(target, port: port) {
            Glibc.connect(descriptor, $0, $1) == 0 || errno == EINPROGRESS
        }
        return isBegun ? descriptor : failed(descriptor)
    }

    private func failed(_ descriptor: Int32) -> Int32? {
        lastError = errno
        close(descriptor)
        return nil
    }
}
