/// A set of header names and name prefixes, looked up in any case without a copy.
struct HeaderNameSet: Sendable {
    private let byLength: [[[UInt8]]]
    private let prefixes: [[UInt8]]
    private let folds: Bool

    /// - Parameters:
    ///   - names: lower case.
    ///   - prefixes: lower case.
    ///   - folds: whether names are compared as ``HeaderRules/folded(_:)`` writes them.
    init(_ names: [String], prefixes: [String] = [], folds: Bool = false) {
        var byLength: [[[UInt8]]] = []
        for name in names {
            let bytes = Array(name.utf8)
            while byLength.count <= bytes.count { byLength.append([]) }
            byLength[bytes.count].append(bytes)
        }
        self.byLength = byLength
        self.prefixes = prefixes.map { Array($0.utf8) }
        self.folds = folds
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
            let byte = folds ? bytes[index].foldedName : bytes[index].lowercasedASCII
            if byte != name[index] { return false }
        }
        return true
    }
}

extension UInt8 {
    /// A byte of a name as the twins of that name share it; see ``HeaderRules/folded(_:)``.
    var foldedName: UInt8 {
        if isLetter || isDigit || self == UInt8(ascii: ":") || self >= 0x80 { return lowercasedASCII }
        return UInt8(ascii: "-")
    }
}
