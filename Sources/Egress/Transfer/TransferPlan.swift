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

    var url: String { "\(request.origin.scheme.rawValue)://\(request.origin.host):\(request.origin.port)/" }

    /// `host:port:address,…` for CURLOPT_RESOLVE: what libcurl would otherwise look up itself. The plus lets the entry
    /// go out of date, so that a busy handle does not gather names.
    func pins(proxy: EgressProxy?) -> [String] {
        if let proxy {
            guard case .name(let name) = proxy.origin.host else { return [] }
            return ["+\(name):\(proxy.origin.port):\(Self.list(proxyAddresses))"]
        }
        guard case .name(let name) = request.origin.host else { return [] }
        return ["+\(name):\(request.origin.port):\(Self.list(addresses))"]
    }

    /// What CONNECT names instead of the host, for CURLOPT_CONNECT_TO; nil where the name stays.
    var connectTo: String? {
        guard let address = addresses.first else { return nil }
        return "\(request.origin.host):\(request.origin.port):\(Host.address(address)):\(request.origin.port)"
    }

    /// More addresses are of no use within a deadline.
    private static func list(_ addresses: [IPAddress]) -> String {
        addresses.prefix(16).map { Host.address($0).description }.joined(separator: ",")
    }
}
