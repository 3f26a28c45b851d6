import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process's three standard streams.
enum Terminal {
    /// `errno` of the first write to standard output that failed.
    private static let failure = Mutex<Int32?>(nil)

    /// Why something could not be written to standard output; nil while all of it was.
    static var outputFailure: String? { failure.withLock { $0 }.map { String(cString: strerror($0)) } }

    /// A line, or several, on standard output.
    ///
    /// - Returns: whether it was written. A command that goes on regardless exits with 1 in the end.
    @discardableResult
    static func output(_ text: String) -> Bool {
        let isWritten = Descriptor.write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
        let reason = errno
        if !isWritten { failure.withLock { $0 = $0 ?? reason } }
        return isWritten
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

    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Asks before something is destroyed. Without a terminal nobody can be asked, and the command must say `--yes`.
    ///
    /// - Parameter yes: whether it does.
    static func confirm(_ question: String, yes: Bool) throws(CommandFailure) {
        guard !yes else { return }
        guard inputIsTerminal else {
            throw CommandFailure(
                .usage, "this asks before it changes anything, and there is no terminal to ask on",
                notes: ["Add --yes to do it without being asked."])
        }
        Descriptor.write("\(question) [y/N] ", to: STDERR_FILENO)
        let answer = readLine()?.trimmingSpaces.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw CommandFailure(.failed, "nothing was changed") }
    }

    /// Has a name typed before what bears it is destroyed, or compares it with the one that the command gives.
    static func confirm(_ warning: String, name: String, given: String?) throws(CommandFailure) {
        var typed = given
        if typed == nil {
            guard inputIsTerminal else {
                throw CommandFailure(
                    .usage, "this asks for the name first, and there is no terminal to ask on",
                    notes: ["Add --confirm with the name to do it without being asked."])
            }
            Descriptor.write("\(warning.printable)\nType \(name.printable) to go on: ", to: STDERR_FILENO)
            typed = readLine()?.trimmingSpaces
        }
        guard typed == name else {
            throw CommandFailure(.failed, "that is not the name; nothing was changed")
        }
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
