/// What the command line asks for.
struct Arguments {
    enum Command: String, CaseIterable {
        case run, check, healthcheck, completion
    }

    enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }

    /// What is wrong with the command line, and what to type instead.
    struct UsageError: Error {
        let message: String
    }

    /// What to do.
    enum Action {
        case command(Command)
        case completion(Shell)
        case help(Command?)
        case version
    }

    var action = Action.help(nil)
    var config: String?
    var logLevel: String?
    var logFormat: String?

    /// Reads the words behind the program's name.
    init(_ words: [String]) throws(UsageError) {
        var command: Command?
        var shell: Shell?
        var wantsHelp = false
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-h", "--help":
                wantsHelp = true
            case "help" where command == nil:
                wantsHelp = true
            case "--version":
                action = .version
                return
            case "--":
                break
            case let flag where flag.hasPrefix("-"):
                try setFlag(flag, &rest)
            case let name where command == nil:
                command = Command(rawValue: name)
                if command == nil {
                    let names = Command.allCases.map(\.rawValue).joined(separator: ", ")
                    throw UsageError(message: "unknown command \"\(name)\"; there are \(names)")
                }
            case let name where command == .completion && shell == nil:
                shell = Shell(rawValue: name)
                if shell == nil { throw UsageError(message: "unknown shell \"\(name)\"; there are bash, zsh, fish") }
            default:
                throw UsageError(message: "\"\(word)\" is one word too many")
            }
        }
        if wantsHelp {
            action = .help(command)
        } else if command == .completion {
            guard let shell else { throw UsageError(message: "name the shell: bash, zsh or fish") }
            action = .completion(shell)
        } else if let command {
            action = .command(command)
        } else if !words.isEmpty {
            throw UsageError(message: "name a command: run, check, healthcheck or completion")
        }
    }

    private mutating func setFlag(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let flag = String(parts[0])
        guard ["--config", "--log-level", "--log-format"].contains(flag) else {
            throw UsageError(message: "unknown flag \(flag); there are --config, --log-level, --log-format, --help")
        }
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst(), !value.isEmpty else {
            throw UsageError(message: "\(flag) needs a value")
        }
        switch flag {
        case "--config": config = value
        case "--log-level": logLevel = value
        default: logFormat = value
        }
    }
}
