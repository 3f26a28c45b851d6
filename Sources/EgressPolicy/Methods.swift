/// What request methods promise, and which can be named.
package enum Methods {
    /// Whether sending a request twice does no more than sending it once (RFC 9110, section 9.2.2). Methods are
    /// case-sensitive.
    package static func isIdempotent(_ method: String) -> Bool {
        switch method {
        case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE": true
        default: false
        }
    }

    /// Whether no request of this method is ever sent, to whatever origin, in whatever case it is written: `TRACE` (and
    /// Microsoft's `TRACK`) sends the request back with its credential in it, and `CONNECT` turns a connection into raw
    /// bytes (RFC 9110, sections 9.3.6 and 9.3.8).
    package static func isRefused(_ method: some StringProtocol) -> Bool {
        ["TRACE", "TRACK", "CONNECT"].contains(method.uppercased())
    }

    /// What is wrong with a method that a rule or a definition names, as the end of a sentence that begins with it; nil
    /// for one that a request can have: any token that is not a slip for a common one, registered or not.
    package static func complaint(about method: String) -> String? {
        guard HeaderRules.isValidMethod(method) else { return "is not a method such as GET or POST" }
        let upper = method.uppercased()
        if isRefused(upper) { return "is never sent" }
        let common = common.first { $0 == upper }
        if let common, method != upper {
            return "matches no request, since methods are case-sensitive: write \(common)"
        }
        guard common == nil, let meant = slips[upper] ?? Self.common.first(where: { isSlip(upper, for: $0) }) else {
            return nil
        }
        return "is not a method that servers know; did you mean \(meant)?"
    }

    private static let common = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    private static let slips = ["FETCH": "GET"]

    /// Whether one letter more or less, or two neighbours exchanged, make `word` of `meant`.
    private static func isSlip(_ word: String, for meant: String) -> Bool {
        let (word, meant) = (Array(word.utf8), Array(meant.utf8))
        switch word.count - meant.count {
        case 0:
            let wrong = word.indices.filter { word[$0] != meant[$0] }
            return wrong.count == 2 && wrong[1] == wrong[0] + 1 && word[wrong[0]] == meant[wrong[1]]
                && word[wrong[1]] == meant[wrong[0]]
        case 1: return word.indices.contains { isEqual(word, without: $0, to: meant) }
        case -1: return meant.indices.contains { isEqual(meant, without: $0, to: word) }
        default: return false
        }
    }

    private static func isEqual(_ longer: [UInt8], without index: Int, to shorter: [UInt8]) -> Bool {
        (longer[..<index] + longer[(index + 1)...]).elementsEqual(shorter)
    }
}
