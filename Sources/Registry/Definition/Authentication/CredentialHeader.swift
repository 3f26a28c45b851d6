import EgressPolicy
import Value

/// Which headers may carry a credential.
enum CredentialHeader {
    /// Whether it may be this one; a fault says why not.
    static func check(_ name: String, _ place: JSONPointer, _ faults: FaultList) -> Bool {
        guard HeaderRules.isValidFieldName(name), name.utf8.count <= 256 else {
            faults.invalid(place, "A header's name consists of letters, digits and hyphens.")
            return false
        }
        // Identifying the caller is what this header is for; framing and routing it must not touch.
        let lower = name.lowercased()
        let isFraming = HeaderRules.isReservedInRequests(name) && lower != "authorization"
        guard !isFraming, !HeaderRules.isHopByHop(name), lower != "content-type" else {
            faults.invalid(place, "The header \(name) frames or routes the message and cannot carry a credential.")
            return false
        }
        return true
    }
}
