import EgressPolicy
import Registry

extension Parameter {
    /// How its value is written.
    var format: ParameterFormat {
        get throws(ParameterError) {
            do throws(RuleError) {
                return try ParameterFormat(
                    name, in: ParameterLocation(rawValue: location.rawValue) ?? .query,
                    style: ParameterStyle(rawValue: style.rawValue), explode: explode,
                    allowsReserved: allowsReserved, allowsSlash: allowsSlash)
            } catch {
                throw ParameterError(code: .badName, parameter: name)
            }
        }
    }
}
