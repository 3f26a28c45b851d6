#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs public test suites and measurements; `packaging/scoreboard.sh` builds and calls it.
@main
struct Scoreboard {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "json-schema" where arguments.count == 2:
            let isComplete = JSONSchemaSuite(folder: arguments[2]).run()
            exit(isComplete ? 0 : 1)
        case "openapi-requests" where arguments.count == 4:
            let share = arguments[3].split(separator: "/").compactMap { Int($0) }
            guard share.count == 2, share[1] > 0, let seed = UInt64(arguments[4]) else { exit(2) }
            OpenAPIRequests(folder: arguments[2], seed: seed, share: (share[0], share[1])).run()
        case "openapi-list" where arguments.count == 2:
            OpenAPIRequests(folder: arguments[2], seed: 0, share: (0, 1)).list()
        case "bench-schema" where arguments.count <= 2:
            SchemaBench.run(writes: arguments.last == "--print")
        default:
            print(
                """
                usage: penstock-scoreboard json-schema FOLDER
                       penstock-scoreboard openapi-requests FOLDER SHARE/SHARES SEED
                       penstock-scoreboard openapi-list FOLDER
                       penstock-scoreboard bench-schema [--print]
                """)
            exit(2)
        }
    }
}
