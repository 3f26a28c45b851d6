import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The demo's processes. Should this process be killed, a keeper ends them and removes the folder.
final class DemoChildren: Sendable {
    private let children = Mutex<[ChildProcess]>([])
    private let folder: TemporaryFolder
    private let executable: String
    private let keeper: ChildProcess
    /// The end of the pipe that the keeper listens to; it is closed when this process is gone.
    private let line: Int32

    /// Starts the keeper.
    init(_ folder: TemporaryFolder, executable: String) throws(CommandFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw CommandFailure(.failed, "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        self.folder = folder
        self.executable = executable
        line = ends[1]
        keeper = try ChildProcess.start(
            "keeper", executable, ["demo-keeper", folder.path], log: folder / "keeper.log", input: ends[0])
    }

    /// Starts a process whose output goes to a file of its name in the folder.
    func start(_ name: String, _ executable: String, _ arguments: [String]) throws(CommandFailure) -> ChildProcess {
        let child = try ChildProcess.start(name, executable, arguments, log: folder / "\(name).log")
        Descriptor.write("child \(child.pid)\n", to: line)
        children.withLock { $0.append(child) }
        return child
    }

    /// Starts this very executable with another subcommand.
    func startSelf(_ name: String, _ arguments: [String]) throws(CommandFailure) -> ChildProcess {
        try start(name, executable, arguments)
    }

    /// Waits for a child that does one thing and ends.
    func finish(_ child: ChildProcess) async throws {
        while child.ended() == nil { try await Task.sleep(for: .milliseconds(5)) }
        forget(child)
        guard child.succeeded else {
            throw CommandFailure(
                .failed, "\(child.name) ended with \(child.ended() ?? "")", notes: lastLines(of: child))
        }
    }

    /// The first that has ended although it should run.
    func firstEnded() -> ChildProcess? {
        children.withLock { $0 }.first { $0.ended() != nil }
    }

    /// Ends all, the last first, and the keeper.
    func stop() {
        let all = children.withLock { $0 }
        for child in all.reversed() {
            child.terminate()
            child.reap(grace: .seconds(5))
            forget(child)
        }
        Descriptor.write("end\n", to: line)
        close(line)
        keeper.reap(grace: .seconds(2))
    }

    /// The end of every log, for a failure's report.
    func lastLines() -> [String] {
        children.withLock { $0 }.flatMap { child in
            ["\(child.name) (\(child.ended() ?? "running")):"] + lastLines(of: child).map { "  " + $0 }
        }
    }

    private func lastLines(of child: ChildProcess) -> [String] {
        guard let log = child.log, let text = DemoFiles.text(log) else { return [] }
        let lines = text.split(separator: "\n").suffix(8).map { String($0).printable }
        return lines.isEmpty ? ["(it said nothing)"] : lines
    }

    private func forget(_ child: ChildProcess) {
        Descriptor.write("ended \(child.pid)\n", to: line)
        children.withLock { $0.removeAll { $0 === child } }
    }
}
