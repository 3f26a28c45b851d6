/// The header names that a message's `Connection` fields nominate as hop-by-hop (RFC 9110 section 7.6.1).
package struct ConnectionOptions: Sendable, Hashable {
    /// Lower case, without the names that are hop-by-hop anyway, `close` and the like.
    package private(set) var names: [String] = []

    /// - Parameter values: the values of all `Connection` fields.
    package init(_ values: some Sequence<String>) {
        for value in values { add(value) }
    }

    /// Adds what one more `Connection` field nominates.
    package mutating func add(_ value: some StringProtocol) {
        for part in Substring(value).utf8.split(separator: UInt8(ascii: ",")) {
            let option = part.drop { $0 == 0x20 || $0 == 0x09 }
            let end = option.lastIndex { $0 != 0x20 && $0 != 0x09 }
            guard let end else { continue }
            let name = String(decoding: option[...end].map(\.lowercasedASCII), as: UTF8.self)
            if name != "close", !HeaderRules.isHopByHop(name), !names.contains(name) { names.append(name) }
        }
    }

    /// True where `name` is nominated, in any case.
    package func nominates(_ name: some StringProtocol) -> Bool {
        !names.isEmpty
            && withBytes(of: name) { bytes in
                names.contains { $0.utf8.elementsEqual(bytes.lazy.map(\.lowercasedASCII)) }
            }
    }

    /// True where a proxy must drop `name`: hop-by-hop by nature or nominated.
    package func drops(_ name: some StringProtocol) -> Bool {
        HeaderRules.isHopByHop(name) || nominates(name)
    }
}
