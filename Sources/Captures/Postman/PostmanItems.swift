import Drafts
import Value

/// One request of a collection, with what it inherits.
struct PostmanItem {
    let json: JSON
    let pointer: JSONPointer
    /// The names of the folders it stands in, outermost first.
    let folders: [String]
    let auth: PostmanAuth?
    let variables: PostmanVariables
}

/// Walks through a collection's folders.
struct PostmanItems {
    private(set) var items: [PostmanItem] = []
    /// How many scripts were passed over.
    private(set) var scripts = 0
    /// How many items are neither folders nor requests, or too many.
    private(set) var unread = 0
    /// What variables and authorisations hold; not to be repeated.
    private(set) var secrets: [String] = []

    private static let most = 5000
    private static let deepest = 64

    /// - Parameter environment: variables that count before the collection's own.
    init(_ collection: JSON, environment: [JSON] = []) {
        let given = PostmanVariables(environment: environment)
        secrets += given.ownSecrets
        let variables = inner(given, collection["variable"])
        let auth = inner(nil, collection["auth"], variables)
        count(collection)
        walk(collection["item"], JSONPointer(["item"]), [], auth, variables)
    }

    private mutating func count(_ json: JSON) {
        for event in json["event"]?.array ?? [] {
            let script = event["script"]?["exec"]
            let isEmpty = script?.array?.allSatisfy { $0.string?.isEmpty ?? true } ?? (script?.string?.isEmpty ?? true)
            if !isEmpty { scripts += 1 }
        }
    }

    private mutating func inner(_ outer: PostmanVariables, _ list: JSON?) -> PostmanVariables {
        guard list?.array?.isEmpty == false else { return outer }
        let variables = outer.adding(list)
        secrets += variables.ownSecrets
        return variables
    }

    private mutating func inner(
        _ outer: PostmanAuth?, _ json: JSON?, _ variables: PostmanVariables
    ) -> PostmanAuth? {
        guard let auth = PostmanAuth(json, variables) else { return outer }
        secrets += auth.secrets
        return auth
    }

    private mutating func walk(
        _ list: JSON?, _ pointer: JSONPointer, _ folders: [String], _ auth: PostmanAuth?, _ variables: PostmanVariables
    ) {
        for (index, item) in (list?.array ?? []).enumerated() {
            let place = pointer.appending(index)
            guard items.count < Self.most, folders.count < Self.deepest else {
                unread += 1
                continue
            }
            let variables = inner(variables, item["variable"])
            let auth = inner(auth, item["auth"] ?? item["request"]?["auth"], variables)
            count(item)
            if item["item"]?.array != nil {
                let name = item["name"]?.string.map { folders + [$0] } ?? folders
                walk(item["item"], place.appending("item"), name, auth, variables)
            } else if item["request"]?.object != nil || item["request"]?.string != nil {
                items.append(
                    PostmanItem(json: item, pointer: place, folders: folders, auth: auth, variables: variables))
            } else {
                unread += 1
            }
        }
    }
}
