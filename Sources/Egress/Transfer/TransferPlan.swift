import EgressPolicy
import NIOCore

/// One request with everything decided: checked, resolved and judged.
struct TransferPlan: Sendable {
    var request: EgressRequest
    var fields: RequestFields
    /// The addresses that the host's name may be at, all of them checked. Empty where the URL has a literal, or where
    /// the outbound proxy resolves.
    var addresses: [IPAddress]
    /// The outbound proxy's, where there is one.
    var proxyAddresses: [IPAddress]
    /// The transfer ends once a connection of its own is up, TLS included, with nothing of the request sent.
    var endsOnceConnected = false

    var url: String { "\(request.origin.scheme.rawValue)://\(request.origin.host):\(request.origin.port)/" }

    /// What a connection is made to: the host's addresses, or the outbound proxy's.
    func targets(proxy: EgressProxy?) -> [IPAddress] {
        // More are of no use within a deadline.
        let (host, resolved) = proxy.map { ($0.origin.host, proxyAddresses) } ?? (request.origin.host, addresses)
        if let address = host.literal { return [address] }
        // More are of no use within a deadline.
        return Array(resolved.prefix(16))
    }

    /// What CONNECT names instead of the host, for CURLOPT_CONNECT_TO; nil where the name stays.
    var connectTo: String? {
        guard let address = addresses.first else { return nil }
        return "\(request.origin.host):\(request.origin.port):\(Host.address(address)):\(request.origin.port)"
    }
}
