/// Names endpoints: unique, at most 64 of `[A-Za-z0-9_.-]`, and the same for an operation whatever stands before or
/// behind it in its source.
package enum EndpointNames {
    /// What an operation would be called.
    package struct Wish: Sendable, Hashable {
        /// The source's own name; nil or empty where it has none, which is then made from method and path.
        package var name: String?
        package var method: String
        package var path: String

        package init(_ name: String? = nil, method: String, path: String) {
            self.name = name
            self.method = method
            self.path = path
        }

        fileprivate var identity: String { "\(method) \(path)" }
        fileprivate var key: String { "\(path)\0\(method)" }
    }

    /// The longest name, in bytes.
    package static let longest = 64

    /// One name for each wish, in their order.
    ///
    /// Of operations that would have the same name, the one whose own name needs no change keeps it, then the first by
    /// path and method; the others carry a mark made from their method and path.
    package static func assign(_ wishes: [Wish]) -> [String] {
        let plain = wishes.map(plainName)
        let order = wishes.indices.sorted { left, right in
            let exact = (wishes[left].name == plain[left], wishes[right].name == plain[right])
            if exact.0 != exact.1 { return exact.0 }
            let keys = (
                wishes[left].path + "\0" + wishes[left].method, wishes[right].path + "\0" + wishes[right].method
            )
            return keys.0 == keys.1 ? left < right : keys.0 < keys.1
        }
        var result = plain
        var taken: Set<String> = []
        var others: [Int] = []
        for index in order where !taken.insert(plain[index]).inserted { others.append(index) }
        // Where the search for a free one goes on: whatever is one and the same would begin anew for each of many.
        var rounds: [String: Int] = [:]
        for index in others {
            let first = marked(plain[index], with: wishes[index].identity)
            var round = rounds[first] ?? 0
            repeat {
                let seed = round == 0 ? wishes[index].identity : "\(wishes[index].identity) \(round)"
                result[index] = marked(plain[index], with: seed)
                round += 1
            } while !taken.insert(result[index]).inserted
            rounds[first] = round
        }
        return result
    }

    /// The name without regard to others.
    private static func plainName(_ wish: Wish) -> String {
        if let name = wish.name, let usable = usable(name) { return usable }
        let derived = mapped(wish.method.lowercased() + "_" + wish.path)
        return bounded(derived.isEmpty ? "endpoint" : derived, of: wish.identity)
    }

    /// Nil where too little of `name` could be kept to tell it from others.
    private static func usable(_ name: String) -> String? {
        if name.utf8.allSatisfy(isAllowed), name.utf8.contains(where: isAlphanumeric) { return bounded(name, of: name) }
        let mapped = mapped(name)
        let foreign = name.utf8.count { $0 >= 0x80 }
        guard !mapped.isEmpty, mapped.utf8.count > foreign else { return nil }
        return bounded(mapped, of: name)
    }

    /// Letters and digits, and one underscore for everything between them.
    private static func mapped(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isAlphanumeric(byte) {
                bytes.append(byte)
            } else if let last = bytes.last, last != UInt8(ascii: "_") {
                bytes.append(UInt8(ascii: "_"))
            }
        }
        if bytes.last == UInt8(ascii: "_") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What is too long is cut, and marked by the whole of what it was made from.
    private static func bounded(_ name: String, of whole: String) -> String {
        name.utf8.count <= longest ? name : marked(name, with: whole)
    }

    private static func marked(_ name: String, with seed: String) -> String {
        String(decoding: name.utf8.prefix(longest - 7), as: UTF8.self) + "_" + hash(seed)
    }

    /// Six hexadecimal digits of FNV-1a, folded.
    private static func hash(_ text: String) -> String {
        var hash: UInt32 = 2_166_136_261
        for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        let digits = String((hash >> 24 ^ hash) & 0xFF_FFFF, radix: 16)
        return String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "_.-".utf8.contains(byte) }
}
