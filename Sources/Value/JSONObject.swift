/// An object's members in the order they were written. Keys are unique; looking one up is a scan in small objects and a
/// hash beyond eight keys. Equality ignores the order.
package struct JSONObject: Sendable {
    /// A key compared by its code points.
    private struct ExactKey: Hashable {
        let text: String

        static func == (left: ExactKey, right: ExactKey) -> Bool { left.text.hasSameBytes(as: right.text) }
        func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
    }

    private static let scanned = 8

    /// A struct, since arrays of tuples go through metadata made at run time.
    private struct Member: Sendable {
        let key: String
        var value: JSON
    }

    private var members: [Member] = []
    /// Offsets by key; empty while a scan is the quicker way.
    private var offsets: [ExactKey: Int] = [:]

    /// An object without members.
    package init() {}

    /// Where a key stands twice, the later value counts, at the place of the first.
    package init(_ pairs: [(String, JSON)]) {
        members.reserveCapacity(pairs.count)
        for (key, value) in pairs { self[key] = value }
    }

    /// The number of members.
    package var count: Int { members.count }

    /// Whether there are no members.
    package var isEmpty: Bool { members.isEmpty }

    /// The keys, in order.
    package var keys: [String] { members.map(\.key) }

    /// The value under `key`. Setting a new key appends it; setting nil removes the key.
    package subscript(key: String) -> JSON? {
        get { offset(of: key).map { members[$0].value } }
        set {
            switch (offset(of: key), newValue) {
            case (let offset?, let value?):
                members[offset].value = value
            case (nil, let value?):
                append(key, value)
            case (let offset?, nil):
                members.remove(at: offset)
                reindex()
            case (nil, nil):
                break
            }
        }
    }

    /// The key at a place in the order.
    package func key(at place: Int) -> String { members[place].key }

    /// The value at a place in the order. Key and value apart come in registers, both together through memory.
    package func value(at place: Int) -> JSON { members[place].value }

    /// Where `key` stands in the order.
    package func offset(of key: String) -> Int? {
        guard offsets.isEmpty else { return offsets[ExactKey(text: key)] }
        return members.firstIndex { $0.key.hasSameBytes(as: key) }
    }

    /// Adds a member unless its key is there already: then nothing changes and the offset of the first is returned.
    package mutating func add(_ key: String, _ value: JSON) -> Int? {
        if let first = offset(of: key) { return first }
        append(key, value)
        return nil
    }

    private mutating func append(_ key: String, _ value: JSON) {
        if members.isEmpty { members.reserveCapacity(4) }
        members.append(Member(key: key, value: value))
        if !offsets.isEmpty {
            offsets[ExactKey(text: key)] = members.count - 1
        } else if members.count > Self.scanned {
            reindex()
        }
    }

    private mutating func reindex() {
        offsets.removeAll(keepingCapacity: true)
        guard members.count > Self.scanned else { return }
        offsets.reserveCapacity(members.count * 2)
        for (offset, member) in members.enumerated() { offsets[ExactKey(text: member.key)] = offset }
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { members.count }

    /// The member at a place in the order.
    package subscript(position: Int) -> (key: String, value: JSON) {
        let member = members[position]
        return (member.key, member.value)
    }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in members {
            var inner = Hasher()
            member.key.hashBytes(into: &inner)
            inner.combine(member.value)
            sum ^= inner.finalize()
        }
        hasher.combine(sum)
        hasher.combine(members.count)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package typealias Key = String
    package typealias Value = JSON

    package init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
