import Glibc
import Logging
import NIOPosix

/// The parts of a measurement that are no product: see `packaging/bench.sh` and `packaging/gate.sh`, which run them.
@main
enum Bench {
    private static let usage = """
        usage: penstock-bench front --listen HOST:PORT --tunnels HOST:PORT --certificate FILE --key FILE --token TOKEN
                                    --origin URL
               penstock-bench sink --listen HOST:PORT
               penstock-bench idle --relay HOST:PORT --ca FILE --tokens FILE --sessions N
               penstock-bench audit --data FOLDER --count N --calls N
               penstock-bench records --data FOLDER --user ID --api ID --slug SLUG --count N
               penstock-bench calls --to HOST:PORT --path PATH [--ca FILE] [--token TOKEN] [--body JSON]
                                    --connections N --warm-up N --calls N
        """

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var words = CommandLine.arguments.dropFirst()
            let command = words.popFirst()
            let options = try Options(words)
            switch command {
            case "front": try await Front(options).run()
            case "sink": try await Sink(options).run()
            case "idle": try await IdleSessions(options).run()
            case "audit": try await AuditRounds(options).run()
            case "records": try await Records(options).run()
            case "calls": try await Calls(options).run()
            default: throw BenchError(usage)
            }
        } catch {
            say("penstock-bench: \(error)", to: STDERR_FILENO)
            exit(1)
        }
    }

    /// Writes a line at once, whatever the descriptor is.
    static func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    static let quiet = Logger(label: "penstock-bench") { _ in SwiftLogNoOpLogHandler() }
}

/// What is wrong, for the person who runs the benchmark.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
