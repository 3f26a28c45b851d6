/// Which part of a list is read.
package struct PageBounds: Sendable {
    /// The key of the last item of the part before, which needs not exist any more; nil for the list's beginning.
    package var after: String?
    /// The most items.
    package var items: Int
    /// The part ends with the item whose stored form reaches this many bytes.
    package var bytes: Int

    package init(after: String? = nil, items: Int, bytes: Int = 4 << 20) {
        self.after = after
        self.items = items
        self.bytes = bytes
    }
}

/// A part of a list.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// Whether the list goes on after the last item.
    package var hasMore: Bool

    package init(items: [Item] = [], hasMore: Bool = false) {
        self.items = items
        self.hasMore = hasMore
    }

    package func map<Other: Sendable>(_ transform: (Item) -> Other) -> Page<Other> {
        Page<Other>(items: items.map(transform), hasMore: hasMore)
    }
}
