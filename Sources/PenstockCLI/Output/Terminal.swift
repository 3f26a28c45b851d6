#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process's three standard streams.
enum Terminal {
    /// A line, or several, on standard output.
    static func output(_ text: String) {
        Descriptor.write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
    }

    /// A line, or several, on standard error.
    static func error(_ text: String) {
        Descriptor.write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
    }

    static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Everything on standard input.
    static func input(limit: Int = 16 << 20) throws(CommandFailure) -> [UInt8] {
        guard let bytes = Descriptor.readAll(STDIN_FILENO, limit: limit) else {
            throw CommandFailure(.failed, "cannot read standard input: \(String(cString: strerror(errno)))")
        }
        return bytes
    }

    /// One secret: asked for without echo on a terminal, else all of standard input without the line break at its end.
    static func secret(_ question: String) throws(CommandFailure) -> String {
        let text: String?
        if inputIsTerminal {
            Descriptor.write("\(question): ", to: STDERR_FILENO)
            text = hiddenLine()
            Descriptor.write("\n", to: STDERR_FILENO)
        } else {
            var bytes = try input(limit: 1 << 20)
            if bytes.last == 0x0A { bytes.removeLast() }
            if bytes.last == 0x0D { bytes.removeLast() }
            text = String(validating: bytes, as: UTF8.self)
        }
        guard let text, !text.isEmpty else {
            throw CommandFailure(.usage, "nothing was given for: \(question.lowercased())")
        }
        return text
    }

    /// Asks before something is destroyed; without a terminal there is nobody to ask, and the command stands.
    static func confirm(_ question: String) throws(CommandFailure) {
        guard inputIsTerminal else { return }
        Descriptor.write("\(question) [y/N] ", to: STDERR_FILENO)
        let answer = readLine()?.trimmingSpaces.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw CommandFailure(.failed, "nothing was changed") }
    }

    private static func hiddenLine() -> String? {
        var saved = termios()
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return readLine() }
        var silent = saved
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved) }
        return readLine()
    }
}
