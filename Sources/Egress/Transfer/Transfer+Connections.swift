import CCurl
import EgressPolicy
import NIOCore

/// The connections of a transfer: which socket libcurl may open, and which connection the request may leave on.
extension Transfer {
    /// The second lock (S1): whether libcurl may open a socket to this address.
    func mayOpen(_ address: IPAddress, port: Int) -> Bool {
        let configuration = surroundings.configuration
        if let proxy = configuration.proxy {
            return isTarget(address) && port == proxy.origin.port
        }
        socketRefusal = judge(address, port: port)
        // Only what was checked when the name was resolved, not what libcurl may have found since.
        return socketRefusal == nil && isTarget(address)
    }

    private func isTarget(_ address: IPAddress) -> Bool {
        plan.targets(proxy: surroundings.configuration.proxy).contains { $0.unmapped == address.unmapped }
    }

    func hasOpened(_ descriptor: Int32) {
        opened.append(descriptor)
        multi.sockets.opened(descriptor, by: ObjectIdentifier(self), now: now)
    }

    /// Whatever is not in use of what was opened is closed by now.
    func settleSockets() {
        if !opened.isEmpty { multi.sockets.settle(opened, of: ObjectIdentifier(self), connection: connection) }
    }

    /// Whether the request may leave on this connection, new or used before.
    func mayUse(_ connection: OpenSockets.Connection) -> Bool {
        let address = connection.remoteAddress
        self.connection = connection
        settleSockets()
        wasSent = isSent
        uses += 1
        sizeBeforeUse = requestSize
        remoteAddress = address
        if uses > 1, wasSent, !plan.request.isIdempotent {
            // libcurl repeats whatever it sent on a connection that turned out to be dead.
            refuse(.connectionReset)
            return false
        }
        let ip = IPAddress(address)
        if !isProxied {
            let refusal = ip.map { judge($0, port: plan.request.origin.port) } ?? .address(.reserved)
            if let refusal {
                refuse(.notAllowed(refusal))
                return false
            }
        }
        if easy.long(CURLINFO_NUM_CONNECTS) == 0, !isOfUse(connection, to: ip) {
            isConnectionSpent = true
            forbidReuse()
            return false
        }
        if plan.endsOnceConnected {
            isConnected = true
            forbidReuse()
            return false
        }
        clock.connected(now: now)
        return true
    }

    /// Whether a connection that was used before may carry this request: alive, not too old, and to an address that the
    /// name still has.
    private func isOfUse(_ connection: OpenSockets.Connection, to address: IPAddress?) -> Bool {
        guard let address, isTarget(address) else { return false }
        guard let socket = multi.sockets.socket(of: connection) else { return true }
        return !OpenSockets.isSpent(socket.descriptor)
            && socket.since > now - surroundings.configuration.limits.connectionAge
    }

    /// Whether the transfer is to be started again, on a connection of its own: it ended before anything of it was sent on
    /// one that was found spent.
    func startsAgain() -> Bool {
        guard isConnectionSpent, refusal == nil else { return false }
        isConnectionSpent = false
        easy.allowReuse()
        easy.wantFreshConnection()
        return true
    }

    private func judge(_ address: IPAddress, port: Int) -> Refusal? {
        surroundings.configuration.rules.refusal(
            of: address, port: port, allowlist: plan.request.isolation.ipAllowlist
        ) { surroundings.localAddresses.contains($0, now: now) }
    }
}
