import EgressPolicy
import Value

/// Reads the headers of `custom_header`.
///
/// A value is secret unless it is written `{"literal": "…"}`. Its field is `header_` and a number: that of its
/// reference, wherever the header stands now, and else its index in the list or, where another header's reference has
/// that, the least free one.
struct CustomHeaderReader {
    private let fields: SecretFields
    private static let most = 50

    init(_ fields: SecretFields) {
        self.fields = fields
    }

    func read(_ config: ObjectReader) -> [AuthPlan.Header] {
        let faults = config.faults
        let elements = config.elements("headers", atMost: Self.most)
        config.finish()
        if elements.isEmpty, config.object["headers"]?.array?.isEmpty ?? true {
            faults.invalid(config.place("headers"), "\"headers\" needs at least one header.")
        }
        var taken = Set(elements.compactMap { field(in: $0.value) })
        var claimed: Set<String> = []
        var names: Set<String> = []
        var headers: [AuthPlan.Header] = []
        for (index, (value, pointer)) in elements.enumerated() {
            guard let object = value.object else {
                faults.invalid(pointer, "A header is an object with \"name\" and \"value\", not \(value.typeName).")
                continue
            }
            let reader = ObjectReader(object, at: pointer, faults)
            let name = reader.required("name")
            let own = field(in: value).flatMap { claimed.insert($0).inserted ? $0 : nil }
            let field = own ?? Self.free(index, &taken)
            let text = fields.readText(.value, as: field, reader)
            reader.finish()
            if case .literal(let literal) = text, !HeaderRules.isValidFieldValue(literal) || literal.isEmpty {
                faults.invalid(reader.place("value"), "This is empty or holds what no header's value can.")
            }
            guard let name, let text, CredentialHeader.check(name, reader.place("name"), faults) else { continue }
            guard names.insert(name.lowercased()).inserted else {
                faults.invalid(reader.place("name"), "Another header is named \(name) too.")
                continue
            }
            headers.append(AuthPlan.Header(name: name, value: text))
        }
        return headers
    }

    /// The field of the reference that a header holds, if it is of this kind.
    private func field(in header: JSON) -> String? {
        let text = header["value"]?.string ?? header[CredentialKey.value.alias]?.string
        guard let field = fields.field(ofReference: text), field.hasPrefix(Self.prefix),
            let number = Int(field.dropFirst(Self.prefix.count)), (0..<Self.most).contains(number),
            field == "\(Self.prefix)\(number)"
        else { return nil }
        return field
    }

    private static let prefix = "header_"

    private static func free(_ index: Int, _ taken: inout Set<String>) -> String {
        let numbers = [index] + Array(0..<2 * most)
        let field = numbers.lazy.map { "\(prefix)\($0)" }.first { !taken.contains($0) } ?? "\(prefix)\(index)"
        taken.insert(field)
        return field
    }
}
