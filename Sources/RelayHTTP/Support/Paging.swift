import Failure
import Hummingbird
import Registry
import Value

/// `?limit=&cursor=` of a list. The cursor is the key of the last item of the page before, which needs not be there any more.
struct PageRequest {
    let limit: Int
    let after: String?

    static let most = 1000
    /// A page ends with the item that reaches this many bytes, whatever its limit.
    static let mostBytes = 4 << 20

    /// - Parameter standard: the limit where the request gives none.
    /// - Throws: ``CallFailure`` for a limit that is no number from 1 to 1000.
    init(_ request: Request, standard: Int = 100) throws(CallFailure) {
        after = request.uri.queryParameters["cursor"].map { String($0) }
        guard let text = request.uri.queryParameters["limit"] else {
            limit = standard
            return
        }
        guard let limit = Int(text), (1...Self.most).contains(limit) else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "limit must be a number from 1 to \(Self.most).")
        }
        self.limit = limit
    }

    /// What is read of a list that the store pages.
    var bounds: PageBounds { PageBounds(after: after, items: limit, bytes: Self.mostBytes) }

    /// The answer to a request for a list that the store pages. The answer may end before what was read does: an item can
    /// take more bytes as it is shown than as it is stored.
    func answer<Item>(_ page: Page<Item>, by key: (Item) -> String, _ present: (Item) -> JSON) -> Response {
        answer(page.items[...], hasMore: page.hasMore, by: key, present)
    }

    /// The page of a list that is at hand whole, in the order of its unique keys.
    func slice<Item>(_ items: [Item], by key: (Item) -> String, _ present: (Item) -> JSON) -> Response {
        let sorted = items.map { (key: key($0), item: $0) }.sorted { $0.key < $1.key }
        let rest = after.map { after in sorted.drop { $0.key <= after } } ?? sorted[...]
        return answer(rest, hasMore: false, by: \.key) { present($0.item) }
    }

    private func answer<Item>(
        _ items: ArraySlice<Item>, hasMore: Bool, by key: (Item) -> String, _ present: (Item) -> JSON
    ) -> Response {
        var shown: [JSON] = []
        var bytes = 0
        var last: String?
        for item in items.prefix(limit) {
            guard bytes < Self.mostBytes else { break }
            let presented = present(item)
            bytes += presented.size(limit: Self.mostBytes)
            shown.append(presented)
            last = key(item)
        }
        return .json(Presentation.page(shown, next: hasMore || items.count > shown.count ? last : nil))
    }
}
