import EgressPolicy
import NIOHTTP1
import Traffic

/// Stage: what of an API's answer may reach an agent.
enum Sanitise {
    /// The headers that pass back, with nothing of the connection and nothing that names the API.
    static func headers(_ headers: HTTPHeaders) -> HTTPHeaders {
        let options = ConnectionOptions(headers["connection"])
        var kept = HTTPHeaders()
        kept.reserveCapacity(8)
        for (name, value) in headers
        where HeaderRules.isResponseHeaderForAgent(name) && !options.drops(name) && HeaderRules.isValidFieldValue(value)
        {
            kept.add(name: name, value: value)
        }
        return kept
    }

    /// Headers with the call's secrets taken out of their values (C5).
    static func scrubbed(_ headers: HTTPHeaders, _ scrubber: Scrubber?) -> HTTPHeaders {
        guard let scrubber else { return headers }
        return HTTPHeaders(headers.map { ($0.name, scrubber.scrub($0.value)) })
    }

    /// The headers of an agent's raw request that may go to the API (S8).
    static func requestHeaders(_ headers: HTTPHeaders) -> HTTPHeaders {
        let options = ConnectionOptions(headers["connection"])
        var kept = HTTPHeaders()
        kept.reserveCapacity(8)
        for (name, value) in headers
        where !HeaderRules.isReservedInRequests(name) && !options.drops(name) && HeaderRules.isValidFieldName(name)
            && HeaderRules.isValidFieldValue(value)
        {
            kept.add(name: name, value: value)
        }
        return kept
    }
}
