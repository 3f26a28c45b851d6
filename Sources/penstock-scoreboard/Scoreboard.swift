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
        case "bench-schema" where arguments.count <= 2:
            SchemaBench.run(writes: arguments.last == "--print")
        default:
            print(
                """
                usage: penstock-scoreboard json-schema FOLDER
                       penstock-scoreboard bench-schema [--print]
                """)
            exit(2)
        }
    }
}
