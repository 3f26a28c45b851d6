import Egress
import EgressPolicy
import Glibc
import Logging

/// The relay's one way out, as the operator configured it.
enum RelayEgress {
    /// - Throws: ``RelayError`` for a setting that cannot be used.
    static func client(_ configuration: RelayConfiguration, logger: Logger) throws -> EgressClient {
        let settings = configuration.egress
        var rules = EgressRules(allowPrivate: settings.allowPrivate)
        for listen in [configuration.listen, configuration.admin] {
            // A name here was checked when it was listened on; what it resolves to is one of this machine's addresses.
            let address = IPAddress(listen.host) ?? IPAddress("0.0.0.0")
            if let address { rules.ownListeners.append(.init(address: address, port: listen.port)) }
        }
        var egress = EgressConfiguration(rules: rules)
        egress.allowUnverifiedTLS = settings.allowUnverifiedTLS
        egress.caFile = settings.caFile
        egress.bind = settings.bind.flatMap { IPAddress($0) }
        egress.limits.transfers = configuration.limits.callsInFlight
        // One user may take a tenth of what the relay carries, and a few hundred at least.
        egress.limits.transfersPerHandle = max(256, configuration.limits.callsInFlight / 10)
        if let caFile = settings.caFile, access(caFile, R_OK) != 0 {
            throw RelayError("egress.ca_file: \(caFile) cannot be read: \(String(cString: strerror(errno))).")
        }
        if let text = settings.proxy { egress.proxy = try proxy(text, resolves: settings.proxyResolves) }
        return EgressClient(configuration: egress, logger: logger)
    }

    /// Reads `http://[user:password@]host:port`.
    private static func proxy(_ text: String, resolves: Bool) throws -> EgressProxy {
        let wrong = RelayError("egress.proxy must be http://[user:password@]host:port.")
        guard let start = text.firstRange(of: "://") else { throw wrong }
        let scheme = text[..<start.lowerBound]
        let rest = text[start.upperBound...]
        let at = rest.lastIndex(of: "@")
        let authority = at.map { rest[rest.index(after: $0)...] } ?? rest
        guard let origin = try? Origin("\(scheme)://\(authority)") else { throw wrong }
        guard let at else { return EgressProxy(origin: origin, resolves: resolves) }
        let login = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return EgressProxy(
            origin: origin, user: String(login[0]), password: login.count > 1 ? String(login[1]) : "",
            resolves: resolves)
    }
}
