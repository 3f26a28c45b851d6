import Registry
import Value

/// The body of an endpoint's requests.
struct ImportedBody {
    var content: RequestContent
    var schema: SchemaWriter.Written
    var isRequired: Bool
    var examples: [JSON] = []
    var place: Place
}
