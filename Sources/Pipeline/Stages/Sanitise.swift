import EgressPolicy
import NIOHTTP1

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
