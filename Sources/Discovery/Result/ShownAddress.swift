import Drafts
import EgressPolicy

/// Addresses as they are shown: without what identifies a thing, and of a query the names alone.
enum ShownAddress {
    static func path(_ address: WebAddress, base: Origin, values: Set<Int> = []) -> String {
        let path = PathShape.of(address.path, values: values).description
        let origin = address.origin == base ? "" : address.origin.description
        guard let query = address.target.query, !query.isEmpty else { return origin + path }
        var names: [String] = []
        for part in query.split(separator: "&").prefix(16) {
            let name = part.prefix { $0 != "=" }
            let isName =
                name.utf8.count <= 40 && IdentifierKind(String(name)) == nil
                && name.utf8.allSatisfy { ASCIIText.isWord($0) || "-.[]".utf8.contains($0) }
            if isName { names.append("\(name)={\(name)}") }
        }
        return origin + path + (names.isEmpty ? "" : "?" + names.joined(separator: "&"))
    }
}
