/// The one way out of this target: who conforms decides what may be reached, and how.
///
/// It follows no redirects, sends nothing on its own account but what the API's route needs, and ends within the
/// request's time.
package protocol DiscoveryFetcher: Sendable {
    func fetch(_ request: DiscoveryRequest) async throws(DiscoveryFetchError) -> DiscoveryResponse
}

/// One request that only reads.
package struct DiscoveryRequest: Sendable, Hashable {
    package enum Method: String, Sendable {
        case get = "GET"
        /// GraphQL introspection alone, where the caller permitted it.
        case post = "POST"
    }

    package var method: Method
    package var address: WebAddress
    /// Whether it goes to the base URL's own origin: the API's credential belongs to no other.
    package var mayCarryCredential: Bool
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    /// The answer may be cut behind so many bytes.
    package var mostBytes: Int
    /// For the whole exchange.
    package var timeout: Duration

    package static func == (left: Self, right: Self) -> Bool {
        left.method == right.method && left.address == right.address && left.body == right.body
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(method)
        hasher.combine(address)
    }
}

/// What came back.
package struct DiscoveryResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Whether the body went on behind `body`.
    package var isCut: Bool

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8], isCut: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isCut = isCut
    }

    /// The values of a field, in their order.
    func values(_ name: String) -> [String] { headers.filter { ASCIIText.equal($0.name, name) }.map(\.value) }
}

/// Why there is no answer. The message is shown to the caller: no address, no secret.
package struct DiscoveryFetchError: Error, Sendable, Hashable {
    package enum Code: String, Sendable {
        /// A rule forbids the address.
        case refused
        /// The API, or its tunnel, is not there.
        case unreachable
        case timeout
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
