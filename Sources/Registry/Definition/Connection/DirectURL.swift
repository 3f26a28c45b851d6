import EgressPolicy
import Value

/// A URL beside the base URL that the relay itself calls: a token endpoint, a webhook.
enum DirectURL {
    /// Nil after a fault.
    ///
    /// - Parameter rules: nil where a tunnel carries the call, so that its host is the connector's matter.
    static func read(
        _ text: String, _ place: JSONPointer, _ rules: DirectRules?, _ faults: FaultList
    ) -> (origin: Origin, target: RequestTarget)? {
        do {
            let url = try AbsoluteURL(text)
            rules?.check(url.origin, place)
            return (url.origin, url.target)
        } catch let error as OriginError {
            faults.invalid(place, error.description)
        } catch let error as RequestTargetError {
            faults.invalid(place, error.description)
        } catch {
            faults.invalid(place, "This is not a URL.")
        }
        return nil
    }
}
