/// A set of header names and name prefixes, looked up in any case without a copy.
struct HeaderNameSet: Sendable {
    private let byLength: [[[UInt8]]]
    private let prefixes: [[UInt8]]
    private let foldsUnderscores: Bool

    /// - Parameters:
    ///   - names: lower case.
    ///   - prefixes: lower case.
    ///   - foldsUnderscores: whether `_` counts as `-`, as it does for origins that read headers as CGI variables.
    init(_ names: [String], prefixes: [String] = [], foldsUnderscores: Bool = false) {
        var byLength: [[[UInt8]]] = []
        for name in names {
            let bytes = Array(name.utf8)
            while byLength.count <= bytes.count { byLength.append([]) }
            byLength[bytes.count].append(bytes)
        }
        self.byLength = byLength
        self.prefixes = prefixes.map { Array($0.utf8) }
        self.foldsUnderscores = foldsUnderscores
    }

    func contains(_ name: some StringProtocol) -> Bool {
        withBytes(of: name) { bytes in
            if bytes.count < byLength.count, byLength[bytes.count].contains(where: { starts(bytes, with: $0) }) {
                return true
            }
            return prefixes.contains { starts(bytes, with: $0) }
        }
    }

    private func starts(_ bytes: Bytes, with name: [UInt8]) -> Bool {
        guard bytes.count >= name.count else { return false }
        for index in name.indices {
            var byte = bytes[index].lowercasedASCII
            if foldsUnderscores, byte == UInt8(ascii: "_") { byte = UInt8(ascii: "-") }
            if byte != name[index] { return false }
        }
        return true
    }
}
