import Value

/// What a document says about where descriptions are.
struct LinkedDescription: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A description of the API, or most likely one.
        case document
        /// A page for people.
        case page
        /// Swagger UI's configuration, in JSON.
        case configuration
        /// A script that may set up a viewer.
        case script
        /// A catalog of APIs (RFC 9727).
        case catalog
    }

    var kind: Kind
    /// As written.
    var reference: String
    /// What said so.
    var place: Evidence.Place

    /// Relations of RFC 8631 and those in use before it.
    static func kind(relations: [String], type: String?) -> Kind? {
        let isDescription = type.map { $0.contains("openapi") || $0.contains("swagger") } ?? false
        for relation in relations {
            switch relation {
            case "service-desc", "openapi": return .document
            case "describedby" where isDescription: return .document
            case "service-doc", "documentation", "help": return .page
            case "alternate" where isDescription: return .document
            case "api-catalog": return .catalog
            default: continue
            }
        }
        return isDescription ? .document : nil
    }
}

/// Documents in JSON that name descriptions.
enum LinkSets {
    private static let most = 64

    /// `application/linkset+json` (RFC 9264), as `/.well-known/api-catalog` is (RFC 9727).
    static func catalog(_ json: JSON) -> [LinkedDescription]? {
        guard let contexts = json["linkset"]?.array else { return nil }
        var found: [LinkedDescription] = []
        for (index, context) in contexts.prefix(most).enumerated() {
            for (relation, targets) in context.object ?? [:] {
                let pointer = JSONPointer(["linkset", String(index), relation])
                for (position, target) in (targets.array ?? []).prefix(most).enumerated() {
                    guard let href = target["href"]?.string else { continue }
                    let type = target["type"]?.string.map(WebLink.mediaType)
                    var kind = LinkedDescription.kind(relations: [ASCIIText.lowercased(relation.utf8)], type: type)
                    if kind == nil, relation == "item" { kind = .page }
                    guard let kind, found.count < most else { continue }
                    let place = Evidence.Place.pointer(pointer.appending(position).appending("href"))
                    found.append(LinkedDescription(kind: kind, reference: href, place: place))
                }
            }
        }
        return found
    }

    /// Swagger UI's configuration: `{url}` or `{urls: [{url, name}]}`, as springdoc serves it.
    static func configuration(_ json: JSON) -> [LinkedDescription] {
        var found: [LinkedDescription] = []
        func add(_ reference: JSON?, _ pointer: JSONPointer) {
            guard let reference = reference?.string, found.count < most else { return }
            found.append(LinkedDescription(kind: .document, reference: reference, place: .pointer(pointer)))
        }
        add(json["url"], JSONPointer(["url"]))
        add(json["spec"]?["url"], JSONPointer(["spec", "url"]))
        for list in ["urls", "sources"] {
            for (index, entry) in (json[list]?.array ?? []).prefix(most).enumerated() {
                add(entry["url"], JSONPointer([list, String(index), "url"]))
            }
        }
        return found
    }
}
