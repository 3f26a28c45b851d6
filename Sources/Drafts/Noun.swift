/// Names made of the words in paths.
package enum Noun {
    private static let longest = 48

    /// `customers` → `customer`, `orderItems` → `order_item`, `addresses` → `address`; letters, digits and underscores.
    package static func singular(_ text: String) -> String {
        let word = snakeCase(text)
        if word.hasSuffix("ies"), word.utf8.count > 4 { return word.dropLast(3) + "y" }
        for ending in ["sses", "xes", "ches", "shes"] where word.hasSuffix(ending) { return String(word.dropLast(2)) }
        let isPlural = word.hasSuffix("s") && !["ss", "us", "is"].contains(where: word.hasSuffix)
        return isPlural && word.utf8.count > 2 ? String(word.dropLast()) : word
    }

    private static func snakeCase(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if (0x41...0x5A).contains(byte) {
                if let last = result.last, (0x61...0x7A).contains(last) { result.append(UInt8(ascii: "_")) }
                result.append(byte | 0x20)
            } else if (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) {
                result.append(byte)
            } else if let last = result.last, last != UInt8(ascii: "_") {
                result.append(UInt8(ascii: "_"))
            }
        }
        result = Array(result.prefix(longest))
        while result.last == UInt8(ascii: "_") { result.removeLast() }
        return String(decoding: result, as: UTF8.self)
    }
}
