import EgressPolicy
import Value

/// An endpoint's `path`, with what it appends to the query where its API has a secret URL.
struct EndpointPath {
    let template: PathTemplate
    let query: [FixedQuery]

    /// Whether `{secret}` stands in it for the API's credential.
    let holdsSecret: Bool

    /// An empty path is the base URL itself, with nothing added to it. Nil after a fault.
    static func read(_ reader: ObjectReader, mayHoldSecret: Bool, baseEndsInSlash: Bool) -> EndpointPath? {
        let isBase = reader.object["path"]?.string == ""
        guard let text = isBase ? reader.string("path") : reader.required("path") else { return nil }
        let place = reader.place("path")
        let (path, query) = mayHoldSecret ? SecretPart.splitQuery(text) : (text, nil)
        do throws(RuleError) {
            let template = path.isEmpty && !baseEndsInSlash ? .base : try PathTemplate(path.isEmpty ? "/" : path)
            guard let fixed = SecretPart.parse(query, place, reader.faults) else { return nil }
            let holdsSecret =
                mayHoldSecret && (template.names.contains(SecretPart.name) || fixed.contains(where: \.holdsSecret))
            return EndpointPath(template: template, query: fixed, holdsSecret: holdsSecret)
        } catch {
            reader.faults.invalid(place, "\(error)")
            return nil
        }
    }
}
