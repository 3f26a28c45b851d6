/// Commands as browsers copy them, and people write them, for the two shells of Windows: the command prompt, in which a
/// caret stands in front of everything special, and PowerShell, in which a backtick does.
enum CommandPrompt {
    private static let looked = 64 << 10

    /// The same command in the words of other shells.
    static func plain(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes.prefix(looked), as: UTF8.self)
        if isPrompt(text) { return plain(bytes, escape: UInt8(ascii: "^")) }
        let isPowerShell = [" `\n", " `\r\n"].contains { text.contains($0) }
        return isPowerShell ? plain(bytes, escape: UInt8(ascii: "`")) : bytes
    }

    /// By what no other shell's commands have.
    private static func isPrompt(_ text: String) -> Bool {
        guard !text.contains("curl '") else { return false }
        let lines = ["curl ^\"", "curl.exe ^\"", " ^\n", " ^\r\n"]
        // Older browsers put carets inside of quotes too; some doubled the quotes in them.
        let inside = ["^&", "^%^", "^\\^\"", "^{", "^[", "\"{\"\"", "\"[{\"\""]
        return lines.contains { text.contains($0) }
            || text.contains(" \"") && inside.contains { text.contains($0) }
    }

    private static func plain(_ bytes: [UInt8], escape: UInt8) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var isQuoted = false
        var index = 0
        func next(_ offset: Int) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == escape, var escaped = next(1) {
                index += 2
                if escaped == 0x0D, index < bytes.count, bytes[index] == 0x0A {
                    escaped = 0x0A
                    index += 1
                }
                if escaped == 0x0A {
                    output.append(0x20)
                } else if escaped == quote, escape == UInt8(ascii: "`") {
                    output += [UInt8(ascii: "\\"), quote]
                } else {
                    // The caret is for the prompt; what quotes, quotes still.
                    if escaped == quote, output.last != UInt8(ascii: "\\") { isQuoted.toggle() }
                    output.append(escaped)
                }
            } else if byte == quote, isQuoted, next(1) == quote, output.last != UInt8(ascii: "\\") {
                output += [UInt8(ascii: "\\"), quote]
                index += 2
            } else {
                if byte == quote, output.last != UInt8(ascii: "\\") { isQuoted.toggle() }
                output.append(byte)
                index += 1
            }
        }
        return output
    }
}
