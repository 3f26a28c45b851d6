import Drafts
import OpenAPI
import Value

extension ImportOptions {
    /// Does to a draft that was made of recorded calls what the importer of OpenAPI documents does itself.
    func apply(to draft: inout Draft) {
        if let name { draft.definition["name"] = .string(name) }
        if let baseURL {
            var connection = draft.definition["connection"]?.object ?? JSONObject()
            connection["base_url"] = .string(baseURL)
            draft.definition["connection"] = .object(connection)
        }
        for index in draft.operations.indices {
            let operation = draft.operations[index]
            let isWanted = selection.contains(
                method: operation.method, path: operation.path, id: operation.operationID, tags: operation.tags,
                isDeprecated: operation.isDeprecated)
            guard !isWanted else { continue }
            draft.operations[index].isSelected = false
            draft.operations[index].endpoint = nil
        }
    }
}
