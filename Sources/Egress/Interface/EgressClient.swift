import EgressPolicy
package import Logging
package import NIOCore

/// The relay's one way out: every request that leaves, leaves here, and none past the guard (S1–S5).
///
/// Once started it must be shut down: its thread lives until then.
package final class EgressClient: Sendable {
    private let configuration: EgressConfiguration
    private let resolver: any NameResolving
    private let localAddresses: LocalAddresses
    private let loop: EgressLoop
    private let logger: Logger

    package init(
        configuration: EgressConfiguration, resolver: any NameResolving = SystemResolver(), logger: Logger
    ) {
        self.configuration = configuration
        self.resolver = resolver
        self.logger = logger
        localAddresses = LocalAddresses()
        loop = EgressLoop()
    }

    /// Starts the thread. Requests before it and after ``shutdown()`` fail with `.overloaded`.
    ///
    /// - Throws: `.overloaded` where the system has no thread or descriptor left.
    package func start() throws(EgressError) {
        try loop.start(configuration, localAddresses: localAddresses) { [weak self] call, request in
            if let self { begin(request, call) } else { call.end(EgressError(.overloaded)) }
        }
        logger.debug("egress started")
    }

    /// Ends what is under way, and returns when every connection is closed.
    package func shutdown() async {
        resolver.close()
        await loop.shutdown()
        logger.debug("egress stopped")
    }

    package var gauges: EgressGauges { loop.gauges }

    /// Starts a request, whose receiver is called on `eventLoop` from the loop's next turn on.
    ///
    /// Between that event loop and the thread, the request wakes the thread once unless it is awake, and the thread wakes
    /// the event loop once for all that is ready.
    ///
    /// - Parameters:
    ///   - request: with no body, a whole one, or one that is pushed.
    ///   - eventLoop: must be running until the receiver has got its end.
    package func start(
        _ request: EgressRequest, on eventLoop: any EventLoop, receiver: any EgressReceiver
    ) -> EgressCall {
        let call = makeCall(on: eventLoop)
        call.hand(to: receiver)
        begin(request, call)
        return call
    }

    /// A call that has not begun.
    func makeCall(on eventLoop: (any EventLoop)?) -> EgressCall {
        EgressCall(on: eventLoop) { [loop] in loop.post($0, $1) }
    }

    // MARK: Before it leaves

    /// Checks the request, resolves its host, judges every address (S1, S2, S7), and gives all that to the thread.
    func begin(_ request: EgressRequest, _ call: EgressCall, endsOnceConnected: Bool = false) {
        do throws(EgressError) {
            let fields = try RequestFields(request)
            if case .streamed = request.body { throw EgressError(.requestMalformed) }
            if !request.isolation.tls.verify, !configuration.allowUnverifiedTLS {
                throw EgressError(.notAllowed(.unverifiedTLS))
            }
            let launch = { @Sendable [loop] (addresses: [IPAddress], proxyAddresses: [IPAddress], dns: Int64) in
                loop.post(
                    call,
                    .start(
                        TransferPlan(
                            request: request, fields: fields, addresses: addresses, proxyAddresses: proxyAddresses,
                            dns: dns, endsOnceConnected: endsOnceConnected)))
            }
            let name = try nameToResolve(request)
            let proxyName = configuration.proxy?.origin.host.named
            if let addresses = remembered(name), let proxyAddresses = remembered(proxyName) {
                try judge(addresses, for: request)
                return launch(addresses, proxyAddresses, 0)
            }
            // The one step that has to wait. It ends by the request's deadline, with the call, or with the resolver.
            call.waits(
                for: Task { [self] in
                    let start = NIODeadline.now()
                    do throws(EgressError) {
                        let addresses = try await addresses(of: name, deadline: request.deadline)
                        if name != nil, addresses.isEmpty { throw EgressError(.nameNotFound) }
                        try judge(addresses, for: request)
                        let proxyAddresses = try await self.addresses(of: proxyName, deadline: request.deadline)
                        launch(addresses, proxyAddresses, (NIODeadline.now() - start).nanoseconds / 1000)
                    } catch {
                        call.end(error)
                    }
                })
        } catch {
            call.end(error)
        }
    }

    /// The name whose addresses have to be known; nil for none. An address is judged at once.
    private func nameToResolve(_ request: EgressRequest) throws(EgressError) -> String? {
        switch request.origin.host {
        case .address(let address):
            try judge([address], for: request)
            return nil
        case .name where configuration.proxy?.resolves == true:
            // Where the name leads is not known here, so a list of addresses cannot be kept to.
            guard request.isolation.ipAllowlist.isEmpty else { throw EgressError(.notAllowed(.notInAllowlist)) }
            return nil
        case .name(let name):
            return name
        }
    }

    /// The addresses of a name as they are known; nil where they have to be asked for.
    private func remembered(_ name: String?) -> [IPAddress]? {
        guard let name else { return [] }
        return resolver.remembered(name)
    }

    private func addresses(of name: String?, deadline: NIODeadline) async throws(EgressError) -> [IPAddress] {
        guard let name else { return [] }
        return try await resolver.addresses(of: name, deadline: deadline)
    }

    private func judge(_ addresses: [IPAddress], for request: EgressRequest) throws(EgressError) {
        for address in addresses {
            let refusal = configuration.rules.refusal(
                of: address, port: request.origin.port, allowlist: request.isolation.ipAllowlist
            ) { localAddresses.contains($0) }
            if let refusal { throw EgressError(.notAllowed(refusal)) }
        }
    }
}
