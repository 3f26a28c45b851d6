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
        let (front, rest) = split(text)
        do {
            let origin = try Origin(front)
            let target = try RequestTarget(rest.isEmpty ? "/" : rest)
            rules?.check(origin, place)
            return (origin, target)
        } catch let error as OriginError {
            faults.invalid(place, error.description)
        } catch let error as RequestTargetError {
            faults.invalid(place, error.description)
        } catch {
            faults.invalid(place, "This is not a URL.")
        }
        return nil
    }

    /// Before and from the first slash behind the authority.
    private static func split(_ text: String) -> (front: Substring, rest: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].utf8.starts(with: "://".utf8)
        else { return (text[...], "") }
        let start = text.utf8.index(colon, offsetBy: 3)
        let end = text.utf8[start...].firstIndex { "/?#".utf8.contains($0) } ?? text.endIndex
        return (text[..<end], String(text[end...]))
    }
}
