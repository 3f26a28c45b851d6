import Hummingbird
import Pipeline
import Value

/// `?limit=&cursor=` of a list. The cursor is the key of the last item of the page before, which needs not be there any more.
struct PageRequest {
    let limit: Int
    let after: String?

    static let most = 1000
    /// A page ends with the item that reaches this many bytes, whatever its limit.
    static let mostBytes = 4 << 20

    /// - Parameter standard: the limit where the request gives none.
    /// - Throws: ``Failure`` for a limit that is no number from 1 to 1000.
    init(_ request: Request, standard: Int = 100) throws(Failure) {
        after = request.uri.queryParameters["cursor"].map { String($0) }
        guard let text = request.uri.queryParameters["limit"] else {
            limit = standard
            return
        }
        guard let limit = Int(text), (1...Self.most).contains(limit) else {
            throw Failure(
                .invalidRequest, stage: .validation, detail: "limit must be a number from 1 to \(Self.most).")
        }
        self.limit = limit
    }

    /// The page of a list that was asked for from the cursor on, with one item more where there is one.
    func first<Item>(_ items: [Item], by key: (Item) -> String, _ present: (Item) -> JSON) -> Response {
        let shown = items.prefix(limit)
        return .json(
            Presentation.page(shown.map(present), next: items.count > limit ? shown.last.map(key) : nil))
    }

    /// The page of a list that is at hand whole, in the order of its unique keys.
    func slice<Item>(_ items: [Item], by key: (Item) -> String, _ present: (Item) -> JSON) -> Response {
        let sorted = items.map { (key: key($0), item: $0) }.sorted { $0.key < $1.key }
        let rest = after.map { after in sorted.drop { $0.key <= after } } ?? sorted[...]
        var shown: [JSON] = []
        var bytes = 0
        var last: String?
        for entry in rest.prefix(limit) {
            guard bytes < Self.mostBytes else { break }
            let item = present(entry.item)
            bytes += item.size(limit: Self.mostBytes)
            shown.append(item)
            last = entry.key
        }
        return .json(Presentation.page(shown, next: rest.count > shown.count ? last : nil))
    }
}
