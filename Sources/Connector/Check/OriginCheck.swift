import EgressPolicy
import NIOCore
import ReverseHTTP

/// Tries whether an allowed origin can be reached: name, policy, TCP, and TLS where it is https.
struct OriginCheck: Sendable {
    enum Finding: Sendable {
        case passed(String)
        case skipped(String)
        case failed(String)
    }

    private let configuration: ConnectorConfiguration
    private let tls: OriginTLS
    private let resolver: NameResolver
    private let eventLoop: any EventLoop

    init(
        _ configuration: ConnectorConfiguration, tls: OriginTLS, resolver: NameResolver, eventLoop: any EventLoop
    ) {
        self.configuration = configuration
        self.tls = tls
        self.resolver = resolver
        self.eventLoop = eventLoop
    }

    func check(rule index: Int) async -> Finding {
        let rule = configuration.allow[index]
        guard let pattern = try? OriginPattern(rule.origin), case .exact(let host) = pattern.host,
            let port = pattern.port
        else { return .skipped("\(rule.origin): stands for many origins, none is tried") }
        let origin = Origin(scheme: pattern.scheme, host: host, port: port)
        do {
            let address = try await eventLoop.flatSubmit { reach(origin, rule) }.get()
            return .passed("\(rule.origin): \(address) is reached")
        } catch {
            let failure = error as? Failure ?? Failure(.connectionTerminated)
            let details = failure.details.isEmpty ? failure.kind.name : "\(failure.kind.name): \(failure.details)"
            return .failed("\(rule.origin): \(details); \(Self.remedy(failure.kind))")
        }
    }

    private func reach(_ origin: Origin, _ rule: ConnectorConfiguration.Rule) -> EventLoopFuture<String> {
        let promise = eventLoop.makePromise(of: String.self)
        let pool = OriginPool(
            eventLoop: eventLoop, limits: configuration.limits,
            idleLimits: IdleLimits(perOrigin: 0, inAll: 0), hosts: configuration.hosts, tls: tls, resolver: resolver,
            metrics: Metrics())
        let endpoint = pool.addEndpoint(origin, scheme: origin.scheme.rawValue, authority: origin.authority)
        // Some request that the rule allows: what is tried here is the connection.
        let path = rule.paths.first.map { $0.replacing("*", with: "") } ?? "/"
        guard let policy = try? ConnectorPolicy.make(configuration.allow),
            case .allowed(let match) = policy.judge(
                method: rule.methods.first.map { $0 == "*" ? "GET" : $0.uppercased() } ?? "GET",
                scheme: origin.scheme.rawValue, authority: origin.authority, target: path, encodedSlashes: .refuse)
        else {
            promise.fail(Failure(.requestDenied, "the policy allows no plain request"))
            return promise.futureResult
        }
        let permit = Permit(endpoint: endpoint, match: match, policy: policy)
        let dial = OriginDial(
            pool: pool, endpoint: endpoint, judge: permit.rule, reuse: { _ in nil },
            completion: { result in
                // The pool lives as long as the attempt.
                withExtendedLifetime(pool) {
                    switch result {
                    case .success(let connection):
                        connection.close()
                        promise.succeed(connection.addressText)
                    case .failure(let failure):
                        promise.fail(failure)
                    }
                }
            })
        dial.start()
        return promise.futureResult
    }

    private static func remedy(_ kind: Failure.Kind) -> String {
        switch kind {
        case .dnsError, .dnsTimeout: "check the name, or give its address under hosts"
        case .addressProhibited: "a loopback or link-local address must stand in allow as an exact host or address"
        case .connectionRefused: "check that the service runs and listens on that port"
        case .connectionTimeout, .unroutable: "check routes and firewalls between this machine and the origin"
        case .tlsCertificate: "set tls.ca_file to the origin's CA, or tls.server_name to the name on its certificate"
        case .tlsProtocol, .tlsAlert: "check that this port speaks TLS 1.2 or later, and wants no client certificate"
        default: "check the service's own log"
        }
    }
}
