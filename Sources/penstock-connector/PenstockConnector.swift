import Connector
import Glibc
import Logging
import Version

@main
enum PenstockConnector {
    static func main() async {
        exit(await code(for: Array(CommandLine.arguments.dropFirst())))
    }

    private static func code(for words: [String]) async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        do {
            let arguments = try Arguments(words)
            switch arguments.action {
            case .help(let command):
                write(Help.text(command), to: STDOUT_FILENO)
                return 0
            case .version:
                write("penstock-connector \(Version.text)\n", to: STDOUT_FILENO)
                return 0
            case .completion(let shell):
                write(Completion.script(shell), to: STDOUT_FILENO)
                return 0
            case .command(let command):
                return try await Commands(arguments, environment: environment()).run(command)
            }
        } catch let error as Arguments.UsageError {
            write("penstock-connector: \(error.message)\nSee penstock-connector --help.\n", to: STDERR_FILENO)
            return 2
        } catch let error as ConnectorError {
            write("penstock-connector: \(error.message)\n", to: STDERR_FILENO)
            return error.code.exitCode
        } catch {
            write("penstock-connector: \(error)\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }

    /// Writes text to a descriptor, whole.
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
