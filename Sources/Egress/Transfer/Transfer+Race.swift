import CCurl
import EgressPolicy
import NIOCore

/// How a transfer comes by a connection where libcurl has none: it asks for a socket, gets none and ends, and starts again
/// with the one that has won the race. docs/decisions/0009-egress.md
extension Transfer {
    /// The socket that won the race; nil where there was none yet.
    func takeSocket(to address: IPAddress) -> Int32? {
        guard let raced, raced.address.unmapped == address else {
            wantsConnection = true
            return nil
        }
        self.raced = nil
        hasOpened(raced.descriptor)
        return raced.descriptor
    }

    /// Whether libcurl has ended the transfer for want of a connection. Then there is a race to be run for one.
    func startsRace() -> Bool {
        guard wantsConnection, refusal == nil else { return false }
        wantsConnection = false
        startRace(among: allowed)
        return true
    }

    /// Whether another address is to be tried after the present one has not answered the handshake. Nothing has been sent.
    func triesAnotherAddress() -> Bool {
        guard !isSent, refusal == nil, !untried.isEmpty else { return false }
        startRace(among: untried)
        return true
    }

    private func startRace(among addresses: [IPAddress]) {
        // libcurl counts from the beginning again.
        wasSent = isSent
        sizeBeforeUse = 0
        race = ConnectRace(
            addresses, port: dialledPort, bind: surroundings.configuration.bind, silent: surroundings.silent, now: now)
    }

    /// What a connection may be made to, judged once more.
    private var allowed: [IPAddress] {
        plan.targets(proxy: surroundings.configuration.proxy).filter { mayOpen($0.unmapped, port: dialledPort) }
    }

    private var untried: [IPAddress] { allowed.filter { !dialled.contains($0) } }

    var dialledPort: Int { dialledOrigin.port }

    /// The race is over; `descriptor` is connected. Returns the sockets of the others.
    func won(_ descriptor: Int32, _ address: IPAddress) -> [Int32] {
        let losers = endRace()
        raced = (descriptor, address)
        dialled.append(address)
        let configuration = surroundings.configuration
        clock.connects(
            tls: isProxied || untried.isEmpty
                ? configuration.tlsTimeout : min(configuration.tlsPatience, configuration.tlsTimeout))
        pin(address, isCertain: true)
        return losers
    }

    /// The race is over, or called off. Returns the sockets that are left of it.
    func endRace() -> [Int32] {
        var left = raced.map { [$0.descriptor] } ?? []
        if let race {
            left += race.running.map(\.descriptor)
            dialTime = now - race.started
        }
        race = nil
        raced = nil
        return left
    }

    /// Why nobody won.
    func raceFault(_ error: Int32) -> EgressError.Kind {
        TransferFault(code: CURLE_COULDNT_CONNECT, systemError: error).kind
    }
}
