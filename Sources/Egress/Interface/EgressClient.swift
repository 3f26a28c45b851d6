import EgressPolicy
package import Logging
import NIOCore
import NIOHTTP1

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
        try loop.start(configuration, localAddresses: localAddresses)
        logger.debug("egress started")
    }

    /// Ends what is under way, and returns when every connection is closed.
    package func shutdown() async {
        resolver.close()
        await loop.shutdown()
        logger.debug("egress stopped")
    }

    package var gauges: EgressGauges { loop.gauges }

    /// Sends one request and returns what `handle` makes of the answer, whose head is known by then.
    ///
    /// When `handle` returns or throws, whatever is left of the exchange is given up, and so it is when the task is
    /// cancelled.
    ///
    /// - Parameter started: gets what ends the exchange from elsewhere, for each that is made.
    /// - Throws: ``EgressError``, what `handle` throws, or what the request's streamed body throws.
    package func send<Result: Sendable>(
        _ request: EgressRequest, started: (@escaping @Sendable () -> Void) -> Void = { _ in },
        handle: (EgressResponse) async throws -> Result
    ) async throws -> Result {
        var request = request
        for _ in 0..<Redirect.most {
            // Asked for whatever the answer is, since only a redirect that can be followed keeps `handle` from it.
            let followed = Follow()
            let result = try await once(request, started) { response -> Result? in
                if request.followRedirects, let next = request.following(response) {
                    followed.request = next
                    return nil
                }
                return try await handle(response)
            }
            if let result { return result }
            guard let next = followed.request else { throw EgressError(.protocolError, sent: true) }
            request = next
        }
        return try await once(request, started, handle: handle)
    }

    /// Makes the connection that a request would leave on, TLS included, and closes it: nothing of the request is sent.
    /// The same names, addresses, limits and guard count as for the request itself.
    ///
    /// - Parameters:
    ///   - request: has no body.
    ///   - started: as in ``send(_:started:handle:)``.
    /// - Throws: ``EgressError``.
    package func connect(
        _ request: EgressRequest, started: (@escaping @Sendable () -> Void) -> Void = { _ in }
    ) async throws -> EgressConnection {
        let (plan, dns) = try await plan(request, endsOnceConnected: true)
        let exchange = Exchange { [loop] in loop.post($0, $1) }
        started { exchange.abandon() }
        return try await withTaskCancellationHandler {
            loop.post(exchange, .start(plan))
            let answer = try await exchange.answer()
            var timings = answer.timings
            timings.dns = dns
            return EgressConnection(
                remoteAddress: answer.remoteAddress, timings: timings, certificateExpiry: answer.certificateExpiry)
        } onCancel: {
            exchange.abandon()
        }
    }

    /// Carries the next request out of the closure that saw the redirect.
    private final class Follow {
        var request: EgressRequest?
    }

    private func once<Result: Sendable>(
        _ request: EgressRequest, _ started: (@escaping @Sendable () -> Void) -> Void,
        handle: (EgressResponse) async throws -> Result
    ) async throws -> Result {
        let (plan, dns) = try await plan(request)
        let exchange = Exchange { [loop] in loop.post($0, $1) }
        started { exchange.abandon() }
        guard case .streamed(_, let next) = request.body else {
            return try await run(exchange, plan, dns, handle)
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await exchange.upload(next) }
            defer { group.cancelAll() }
            do {
                return try await run(exchange, plan, dns, handle)
            } catch {
                // A body that ends because the task is cancelled is not what went wrong.
                throw Task.isCancelled ? error : exchange.uploadError ?? error
            }
        }
    }

    private func run<Result: Sendable>(
        _ exchange: Exchange, _ plan: TransferPlan, _ dns: Int64, _ handle: (EgressResponse) async throws -> Result
    ) async throws -> Result {
        try await withTaskCancellationHandler {
            loop.post(exchange, .start(plan))
            let answer = try await exchange.answer()
            var isWhole = false
            defer { if !isWhole { exchange.abandon() } }
            guard let head = answer.head else { throw EgressError(.protocolError, sent: true) }
            var timings = answer.timings
            timings.dns = dns
            let body: EgressResponseBody
            switch answer.body {
            case .whole(let bytes):
                isWhole = true
                body = .whole(bytes)
            case .streamed:
                body = .streamed(next: exchange.next)
            }
            return try await handle(
                EgressResponse(
                    status: head.status, httpVersion: head.version, headers: head.headers,
                    body: body, remoteAddress: answer.remoteAddress, isReused: answer.isReused, timings: timings,
                    certificateExpiry: answer.certificateExpiry))
        } onCancel: {
            exchange.abandon()
        }
    }

    // MARK: Before it leaves

    /// Checks the request, resolves its host, and judges every address (S1, S2, S7).
    private func plan(
        _ request: EgressRequest, endsOnceConnected: Bool = false
    ) async throws(EgressError) -> (TransferPlan, dns: Int64) {
        let fields = try RequestFields(request)
        if !request.isolation.tls.verify, !configuration.allowUnverifiedTLS {
            throw EgressError(.notAllowed(.unverifiedTLS))
        }
        let start = NIODeadline.now()
        var addresses: [IPAddress] = []
        switch request.origin.host {
        case .address(let address):
            try judge([address], for: request)
        case .name where configuration.proxy?.resolves == true:
            // Where the name leads is not known here, so a list of addresses cannot be kept to.
            guard request.isolation.ipAllowlist.isEmpty else { throw EgressError(.notAllowed(.notInAllowlist)) }
        case .name(let name):
            addresses = try await resolver.addresses(of: name, deadline: request.deadline)
            guard !addresses.isEmpty else { throw EgressError(.nameNotFound) }
            try judge(addresses, for: request)
        }
        var proxyAddresses: [IPAddress] = []
        if case .name(let name) = configuration.proxy?.origin.host {
            proxyAddresses = try await resolver.addresses(of: name, deadline: request.deadline)
        }
        let plan = TransferPlan(
            request: request, fields: fields, addresses: addresses, proxyAddresses: proxyAddresses,
            endsOnceConnected: endsOnceConnected)
        return (plan, (NIODeadline.now() - start).nanoseconds / 1000)
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
