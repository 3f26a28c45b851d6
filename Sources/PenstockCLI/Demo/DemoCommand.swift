import ArgumentParser
import Synchronization
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `penstock demo`: everything on one machine, for real.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows a whole installation at work on this machine.",
        discussion: """
            Starts a relay, a connector and a sample CRM on loopback, with a temporary folder for their data. Calls \
            the CRM as an agent would, through the relay and the tunnel, and shows the audit and some refused calls. \
            It removes everything at its end. With --keep it runs until Ctrl-C and prints commands to try.

            Examples:
              penstock demo
              penstock demo --keep
            """)

    @Flag(help: "Leave it running until Ctrl-C.") var keep = false
    @OptionGroup(title: "Everywhere") var options: GlobalOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let logger = try ClientSettings.load(options).logger
        let executables = try SiblingExecutables.find()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let plan = try DemoPlan(folder)
        let children = try DemoChildren(folder, executable: executables.penstock)
        defer { children.stop() }
        let demo = Demo(
            plan: plan, children: children, executables: executables, report: DemoReport(), logger: logger,
            crmKey: "crm_" + RandomText.make())
        let isShown = Atomic(false)
        let stoppedBy: UnixSignal?
        do {
            stoppedBy = try await Self.run(until: signals) {
                try await demo.run()
                demo.farewell(keep: keep)
                isShown.store(true, ordering: .relaxed)
                if keep { try await demo.keepRunning() }
            }
        } catch let failure as CommandFailure {
            throw CommandFailure(
                .failed, failure.message,
                notes: failure.notes + ["", "The last lines of the processes it started:"] + children.lastLines())
        }
        guard let stoppedBy else { return }
        Terminal.output("\nStopping.")
        if !isShown.load(ordering: .relaxed) { throw ExitCode(128 + stoppedBy.rawValue) }
    }

    /// Runs `body` to its end, or until a signal comes: then `body` is cancelled, and the signal is returned.
    private static func run(
        until signals: UnixSignalsSequence, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> UnixSignal? {
        try await withThrowingTaskGroup(of: UnixSignal?.self) { group in
            group.addTask {
                try await body()
                return nil
            }
            group.addTask {
                for await signal in signals { return signal }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
