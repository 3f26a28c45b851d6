package import Foundation
import Synchronization

/// A real program that a test starts; killed when its last owner goes.
///
/// It is read and waited for on threads of its own: the threads that tasks run on are as few as the processors, and
/// tests that hold them keep everything in this process from going on, also what the program is waiting for.
package final class Program: Sendable {
    /// How a program ended.
    package enum End: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    /// What a program that has ended leaves.
    package struct Result: Sendable {
        package let end: End
        /// Standard output and standard error, in the order in which they came.
        package let output: String

        /// The exit code; as a shell counts, 128 and the signal where one ended it.
        package var status: Int32 {
            switch end {
            case .exit(let code): code
            case .signal(let signal): 128 + signal
            }
        }
    }

    /// Why a program did not do what a test needs, with what it printed.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    /// Outlives the program's owner until the program has ended.
    private final class Life: Sendable {
        struct State {
            var end: End?
            var printed: [UInt8] = []
            var isSilent: Bool
            /// How often any of the above has changed.
            var changes = 0
            var waiters: [CheckedContinuation<Void, Never>] = []
        }

        let state: Mutex<State>

        init(isSilent: Bool) { state = Mutex(State(isSilent: isSilent)) }

        func change(_ body: (inout State) -> Void) {
            let waiters = state.withLock { state in
                body(&state)
                state.changes += 1
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }

        /// Returns what `find` finds, once it does.
        func first<Found: Sendable>(_ find: @Sendable (State) -> Found?) async -> Found {
            while true {
                let (found, seen) = state.withLock { (find($0), $0.changes) }
                if let found { return found }
                await withCheckedContinuation { continuation in
                    let isStale = state.withLock { state in
                        if state.changes == seen { state.waiters.append(continuation) }
                        return state.changes != seen
                    }
                    if isStale { continuation.resume() }
                }
            }
        }
    }

    package let pid: pid_t
    private let life: Life

    private init(pid: pid_t, life: Life) {
        self.pid = pid
        self.life = life
        Guardian.child(pid)
        Thread.detachNewThread { Self.reap(pid, life) }
    }

    deinit { kill(SIGKILL) }

    /// Starts a program whose output is kept.
    ///
    /// - Parameters:
    ///   - name: looked for in `PATH`, unless it has a slash.
    ///   - folder: its working folder; nil is the tests' own.
    package convenience init(_ name: String, _ arguments: [String], in folder: String? = nil) throws {
        let (pid, reading) = try Self.startPiped(name, arguments, in: folder)
        let life = Life(isSilent: false)
        self.init(pid: pid, life: life)
        Thread.detachNewThread { Self.read(reading, life) }
    }

    /// Starts a program whose output goes to files.
    ///
    /// - Parameters:
    ///   - log: appended to; standard output and standard error, unless `output` takes the former.
    ///   - environment: `NAME=value`, all of it.
    package convenience init(
        _ name: String, _ arguments: [String], log: String, output: String?, environment: [String]
    ) throws {
        let place = output.map { Spawn.Output.files(output: $0, errors: log) } ?? .log(log)
        let pid = try Spawn.start(name, arguments, in: nil, environment: environment, output: place)
        self.init(pid: pid, life: Life(isSilent: true))
    }

    /// Runs a program to its end, which comes when it has exited and nobody holds its output. Cancelling kills it.
    package static func run(_ name: String, _ arguments: [String], in folder: String? = nil) async throws -> Result {
        let program = try Program(name, arguments, in: folder)
        return await withTaskCancellationHandler {
            await program.life.first { state in
                guard let end = state.end, state.isSilent else { return nil }
                return Result(end: end, output: String(decoding: state.printed, as: UTF8.self))
            }
        } onCancel: {
            program.kill(SIGKILL)
        }
    }

    /// As ``run(_:_:in:)``, on the calling thread: for a program that needs nothing of this process and is soon done,
    /// where nothing can be awaited.
    package static func runBlocking(_ name: String, _ arguments: [String]) throws -> Result {
        let life = Life(isSilent: false)
        let (pid, reading) = try startPiped(name, arguments, in: nil)
        Guardian.child(pid)
        read(reading, life)
        reap(pid, life)
        return life.state.withLock { state in
            Result(end: state.end ?? .exit(0), output: String(decoding: state.printed, as: UTF8.self))
        }
    }

    /// Runs a program to its end and returns what it printed.
    ///
    /// - Throws: ``Failure`` where its exit code is not 0.
    @discardableResult
    package static func output(
        _ name: String, _ arguments: [String], in folder: String? = nil
    ) async throws -> String {
        let result = try await run(name, arguments, in: folder)
        guard result.end == .exit(0) else { throw Failure("\(name): \(result.end)\n\(result.output)") }
        return result.output
    }

    /// The first line it prints that holds `text`.
    ///
    /// - Throws: ``Failure`` where its output ends without one.
    @discardableResult
    package func line(containing text: String) async throws -> String {
        enum Found { case line(String), none(String) }
        let found = await life.first { state -> Found? in
            let printed = String(decoding: state.printed, as: UTF8.self)
            let lines = printed.split(separator: "\n").dropLast(printed.hasSuffix("\n") ? 0 : 1)
            if let line = lines.first(where: { $0.contains(text) }) { return .line(String(line)) }
            return state.isSilent ? Found.none(printed) : nil
        }
        switch found {
        case .line(let line): return line
        case .none(let printed): throw Failure(printed)
        }
    }

    /// How it ended; nil while it runs.
    package var end: End? { life.state.withLock { $0.end } }

    /// Waits for its end.
    package func ended() async -> End { await life.first { $0.end } }

    /// Sends a signal, if it still runs.
    package func kill(_ signal: Int32) {
        life.state.withLock { if $0.end == nil { _ = Glibc.kill(pid, signal) } }
    }

    /// SIGKILL, and its end.
    package func stop() async {
        kill(SIGKILL)
        _ = await ended()
    }

    /// - Returns: the child, and where its output is read.
    private static func startPiped(
        _ name: String, _ arguments: [String], in folder: String?
    ) throws -> (pid: pid_t, reading: Int32) {
        let (reading, writing) = try closedPipe()
        defer { close(writing) }
        do {
            let output = Spawn.Output.descriptor(writing)
            return (try Spawn.start(name, arguments, in: folder, environment: nil, output: output), reading)
        } catch {
            close(reading)
            throw error
        }
    }

    private static func read(_ descriptor: Int32, _ life: Life) {
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            life.change { $0.printed += chunk[..<count] }
        }
        life.change { $0.isSilent = true }
    }

    private static func reap(_ pid: pid_t, _ life: Life) {
        var info = siginfo_t()
        // Seen first and reaped under the lock, so that nobody signals a stranger with the same number.
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        life.change { state in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            state.end = status & 0x7F == 0 ? .exit((status >> 8) & 0xFF) : .signal(status & 0x7F)
            Guardian.ended(pid)
        }
    }
}
