import EgressPolicy
import NIOCore

/// One request with everything decided: checked, resolved and judged.
final class TransferPlan: Sendable {
    let request: EgressRequest
    let fields: RequestFields
    /// The addresses that the host's name may be at, all of them checked. Empty where the URL has a literal, or where
    /// the outbound proxy resolves.
    let addresses: [IPAddress]
    /// The outbound proxy's, where there is one.
    let proxyAddresses: [IPAddress]
    /// How long it took to find the addresses, in microseconds.
    let dns: Int64
    /// The transfer ends once a connection of its own is up, TLS included, with nothing of the request sent.
    let endsOnceConnected: Bool

    init(
        request: EgressRequest, fields: RequestFields, addresses: [IPAddress], proxyAddresses: [IPAddress],
        dns: Int64 = 0, endsOnceConnected: Bool = false
    ) {
        self.request = request
        self.fields = fields
        self.addresses = addresses
        self.proxyAddresses = proxyAddresses
        self.dns = dns
        self.endsOnceConnected = endsOnceConnected
    }

    /// What a connection is made to: the host's addresses, or the outbound proxy's.
    func targets(proxy: EgressProxy?) -> [IPAddress] {
        let (host, resolved) = proxy.map { ($0.origin.host, proxyAddresses) } ?? (request.origin.host, addresses)
        if let address = host.literal { return [address] }
        // More are of no use within a deadline.
        return resolved.count <= 16 ? resolved : Array(resolved.prefix(16))
    }

    /// What CONNECT names instead of the host, for CURLOPT_CONNECT_TO; nil where the name stays.
    var connectTo: String? {
        guard let address = addresses.first else { return nil }
        return "\(request.origin.host):\(request.origin.port):\(Host.address(address)):\(request.origin.port)"
    }
}

extension Origin {
    /// As libcurl takes it. The target is set apart from it.
    var url: String { "\(scheme.rawValue)://\(host):\(port)/" }
}
