import EgressPolicy
import Value

/// What may be called from the relay itself, as far as the definition shows it. What a name resolves to is judged at each
/// call (S1, S2).
struct DirectRules {
    private let context: DefinitionContext
    private let faults: FaultList

    init(_ context: DefinitionContext, _ faults: FaultList) {
        self.context = context
        self.faults = faults
    }

    func check(_ origin: Origin, _ place: JSONPointer) {
        if origin.scheme == .http {
            faults.add(
                .urlNotAllowed, place, "http:// is accepted only with a tunnel. Use https://, or set up a tunnel.")
        }
        if case .address(let address) = origin.host, !context.allowsDirect(address) {
            faults.add(
                .urlNotAllowed, place,
                "An address that is not public is reached only through a tunnel, or where the operator allows its range."
            )
        }
    }

    func checkUnverified(_ place: JSONPointer) {
        guard context.judges, !context.allowsUnverifiedTLS else { return }
        faults.add(
            .urlNotAllowed, place,
            "The operator does not allow calls without verified TLS. Give the API's own CA as \"ca_certificate\" instead."
        )
    }
}
