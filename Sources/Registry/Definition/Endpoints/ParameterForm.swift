import EgressPolicy
import Value

/// How a parameter becomes text: `style`, `explode` and `allowReserved`, with OpenAPI's defaults.
struct ParameterForm {
    private(set) var style = ParameterStyle.simple
    private(set) var explode = false
    private(set) var allowsReserved = false

    init(_ location: ParameterLocation?, _ reader: ObjectReader) {
        let word = reader.string("style")
        let written = reader.bool("explode")
        allowsReserved = reader.bool("allowReserved") ?? false
        guard let location else { return }
        let styles = location.styles
        style = styles.first ?? .simple
        if let word {
            if let known = ParameterStyle(rawValue: word), styles.contains(known) {
                style = known
            } else {
                let names = styles.map(\.rawValue).joined(separator: ", ")
                reader.faults.invalid(
                    reader.place("style"), "The style of a \(location.rawValue) parameter is one of: \(names).")
            }
        }
        // A deep object has no other form than one parameter for each member.
        explode = style == .deepObject || written ?? (style == .form)
        if allowsReserved, location != .query {
            reader.faults.invalid(
                reader.place("allowReserved"), "Only a query parameter can have \"allowReserved\".")
        }
    }
}
