import Registry
import Value

/// The body of an endpoint's requests.
struct ImportedBody {
    var content: RequestContent
    var schema: SchemaWriter.Written
    var isRequired: Bool
    /// As `request_body.encoding` has it, by field.
    var encoding = JSONObject()
    var examples: [JSON] = []
    /// Whether a schema describes it; the list of fields of 2.0 is whole.
    var isSchema = true
    var place: Place
}
