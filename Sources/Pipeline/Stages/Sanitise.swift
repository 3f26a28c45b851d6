import EgressPolicy
import NIOHTTP1
import Redaction
import Registry

/// Stage: what of an API's answer may reach an agent.
enum Sanitise {
    /// The headers that pass back, with nothing of the connection and nothing that names the API.
    ///
    /// - Parameter also: names in lower case that an endpoint's definition adds.
    static func headers(_ headers: HTTPHeaders, also: [String] = []) -> HTTPHeaders {
        let options = ConnectionOptions(headers["connection"])
        var kept = HTTPHeaders()
        kept.reserveCapacity(8)
        for (name, value) in headers
        where (HeaderRules.isResponseHeaderForAgent(name) || also.contains(name.lowercased())) && !options.drops(name)
            && HeaderRules.isValidFieldValue(value)
        {
            kept.add(name: name, value: value)
        }
        return kept
    }

    /// Headers with the call's secrets taken out of their values (C5). A name that holds one goes with its value: nothing
    /// else can stand in its place.
    static func scrubbed(_ headers: HTTPHeaders, _ scrubber: Scrubber?) -> HTTPHeaders {
        guard let scrubber else { return headers }
        return HTTPHeaders(
            headers.compactMap { scrubber.finds(in: $0.name) ? nil : ($0.name, scrubber.scrub($0.value)) })
    }

    /// The headers of an agent's raw request that go to the API (S8), and the names of those that do not, lower case.
    ///
    /// What the agent says to the relay alone (its token, the host, what frames this connection's message) is not named.
    static func requestHeaders(
        _ headers: HTTPHeaders, _ rules: RequestHeaders
    ) -> (kept: HTTPHeaders, dropped: [String]) {
        let options = ConnectionOptions(headers["connection"])
        var kept = HTTPHeaders()
        kept.reserveCapacity(8)
        var dropped: [String] = []
        for (name, value) in headers {
            if rules.passes(name), !options.drops(name), HeaderRules.isValidFieldValue(value) {
                kept.add(name: name, value: value)
                continue
            }
            let lower = name.lowercased()
            guard !saidToRelay.contains(lower), !HeaderRules.isHopByHop(lower), HeaderRules.isValidFieldName(lower),
                lower.utf8.count <= longestDropped, dropped.count < mostDropped, !dropped.contains(lower)
            else { continue }
            dropped.append(lower)
        }
        return (kept, dropped)
    }

    private static let saidToRelay: Set<String> = [
        "host", "authorization", "content-length", "accept-encoding", "expect",
    ]
    /// Names are told up to so many, of up to so many bytes.
    private static let mostDropped = 32
    private static let longestDropped = 128
    /// The response field that names what was dropped.
    static let dropped = "penstock-dropped"
}
