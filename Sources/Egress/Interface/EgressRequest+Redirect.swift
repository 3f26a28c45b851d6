import EgressPolicy
import NIOHTTP1

extension EgressRequest {
    /// The request to send next where the answer is a redirect that is followed; nil where it is the answer.
    func following(status: Int, _ headers: HTTPHeaders) -> EgressRequest? {
        guard
            let redirect = Redirect(
                status: status, locations: headers["location"], method: method, target: target,
                origin: origin), allowsRedirect(redirect.target)
        else { return nil }
        var next = self
        next.target = redirect.target
        if redirect.becomesGET {
            next.method = "GET"
            next.isIdempotent = true
            next.body = .none
            for name in Redirect.bodyFields { next.headers.remove(name: name) }
        } else if body.isStreamed {
            // It is gone.
            return nil
        }
        return next
    }
}
