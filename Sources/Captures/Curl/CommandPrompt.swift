/// Commands as browsers copy them for the command prompt of Windows: a caret stands in front of everything special.
enum CommandPrompt {
    /// The same command without carets; nil for a text of another shell.
    static func plain(_ bytes: [UInt8]) -> [UInt8]? {
        let text = String(decoding: bytes.prefix(256), as: UTF8.self)
        guard text.contains("curl ^\"") || text.contains("curl.exe ^\"") else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "^"), index + 1 < bytes.count else {
                output.append(bytes[index])
                index += 1
                continue
            }
            index += 1
            if bytes[index] == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
            output.append(bytes[index] == 0x0A ? 0x20 : bytes[index])
            index += 1
        }
        return output
    }
}
