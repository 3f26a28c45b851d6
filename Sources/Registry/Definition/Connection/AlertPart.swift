import EgressPolicy
import Value

/// `alerts`: the webhook that is told of an API's failures.
enum AlertPart {
    static func read(_ reader: ObjectReader?, _ fields: SecretFields, _ context: DefinitionContext) -> AlertPlan? {
        guard let reader else { return nil }
        let secret = fields.read(.secret, as: "alerts_secret", reader)
        let url = reader.required("webhook_url").flatMap { text in
            DirectURL.read(text, reader.place("webhook_url"), DirectRules(context, reader.faults), reader.faults)
        }
        if !fields.isKnown(secret) {
            reader.faults.invalid(
                reader.place("secret"), "\"secret\" is missing: messages are signed, so that they can be believed.")
        }
        reader.finish()
        return url.map { AlertPlan(origin: $0.origin, target: $0.target, secret: secret) }
    }
}
