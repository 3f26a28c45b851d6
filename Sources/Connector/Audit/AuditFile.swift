import Glibc
import Lines
package import Logging
import Synchronization

/// The connector's audit on disk: JSON lines, appended in batches by a thread of its own.
///
/// Unlike the log it loses nothing: while the file cannot be written (a full disk) or the disk is slower than the
/// calls, ``isAccepting`` is false and new requests are refused; what is in flight is kept and written when the file
/// recovers, which is tried four times a second. A file that was renamed away (logrotate) is opened anew before the next
/// record, and at once by ``reopen()``.
package final class AuditFile: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var isStopping = false
        var isIdle = true
        var wantsReopen = false
    }

    /// What is written at once is gathered up to this many bytes, or for so long.
    private static let batch = 64 << 10
    private static let gatherMilliseconds = 4
    /// New requests are refused while more than this many bytes wait.
    static let refuseAbove = 1 << 20
    /// Records of calls in flight are kept up to this many bytes.
    static let keepAtMost = 8 << 20

    private let path: String
    private let logger: Logger
    private let monitor = Monitor(State())
    private let accepting = Atomic<Bool>(true)
    private let lost = Atomic<Int>(0)

    /// Whether a new request may start; any thread.
    package var isAccepting: Bool { accepting.load(ordering: .relaxed) }

    /// Records that found no room while the file could not be written.
    package var lostRecords: Int { lost.load(ordering: .relaxed) }

    /// Opens the file, mode 0600, to append.
    ///
    /// - Throws: ``ConnectorError`` when it cannot be opened.
    package init(path: String, logger: Logger) throws(ConnectorError) {
        self.path = path
        self.logger = logger
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw ConnectorError(
                .configuration,
                "cannot open the audit file \(path): \(FileDescriptor.describe(errno)). "
                    + "Make its folder writable for this user, or set audit.file to another place.")
        }
        guard OwnThread.run({ self.run(descriptor) }) else {
            Glibc.close(descriptor)
            throw ConnectorError(.failed, "cannot start the audit's thread: \(FileDescriptor.describe(errno))")
        }
    }

    /// Queues whole lines. The thread is woken for the first and when a batch is full, not for each: it gathers.
    func append(_ lines: [UInt8]) {
        let (before, waiting) = monitor.withLock { state -> (Int, Int) in
            let before = state.pending.count
            guard before + lines.count <= Self.keepAtMost else { return (before, before) }
            state.pending.append(contentsOf: lines)
            return (before, state.pending.count)
        }
        if waiting == before { lost.wrappingAdd(1, ordering: .relaxed) }
        if before == 0 || (before < Self.batch) != (waiting < Self.batch) { monitor.signal { _ in } }
        if waiting > Self.refuseAbove { accepting.store(false, ordering: .relaxed) }
    }

    /// Writes what waits and ends the thread. Blocks for at most two seconds: only for the end of a process.
    package func close() {
        monitor.signal { $0.isStopping = true }
        monitor.wait(milliseconds: 2000, until: { $0.pending.isEmpty && $0.isIdle }, then: { _ in })
    }

    /// Opens the file anew under its name, and makes it if it is not there; any thread.
    package func reopen() {
        monitor.signal { $0.wantsReopen = true }
    }

    /// Waits, for at most a second, until what was queued has been written. Blocks.
    func flush() {
        monitor.wait(milliseconds: 1000, until: { $0.pending.isEmpty && $0.isIdle }, then: { _ in })
    }

    private static func open(_ path: String) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return descriptor }
        endLastLine(path, descriptor)
        return descriptor
    }

    /// A line cut by a crash or a full disk is ended, so that the next one stands alone.
    private static func endLastLine(_ path: String, _ descriptor: Int32) {
        let reader = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard reader >= 0 else { return }
        defer { Glibc.close(reader) }
        var last: UInt8 = 0
        guard lseek(reader, -1, SEEK_END) >= 0, read(reader, &last, 1) == 1, last != UInt8(ascii: "\n") else { return }
        _ = FileDescriptor.write([UInt8(ascii: "\n")], to: descriptor)
    }

    private func run(_ first: Int32) {
        var descriptor = first
        var unwritten: ArraySlice<UInt8> = []
        var isFailing = false
        while true {
            let isStopping = takePending(into: &unwritten, retry: isFailing)
            if unwritten.isEmpty, isStopping { break }
            reopenIfNeeded(&descriptor)
            let (rest, error) = FileDescriptor.write(unwritten, to: descriptor)
            unwritten = rest
            if error != 0 {
                if !isFailing {
                    isFailing = true
                    accepting.store(false, ordering: .relaxed)
                    let reason = FileDescriptor.describe(error)
                    logger.error(
                        "audit file cannot be written, new requests are refused", metadata: ["reason": "\(reason)"])
                }
                if isStopping { break }
                continue
            }
            let waiting = monitor.signal { state -> Int in
                state.isIdle = true
                return state.pending.count
            }
            if isFailing {
                isFailing = false
                logger.notice("audit file can be written again, requests are taken")
            }
            if waiting <= Self.refuseAbove { accepting.store(true, ordering: .relaxed) }
        }
        Glibc.close(descriptor)
        monitor.signal { $0.isIdle = true }
    }

    /// Takes what waits; when something could not be written, looks again after a while.
    private func takePending(into unwritten: inout ArraySlice<UInt8>, retry: Bool) -> Bool {
        let left = unwritten
        if !retry {
            monitor.wait(until: { !$0.pending.isEmpty || $0.isStopping || $0.wantsReopen }, then: { _ in })
            monitor.wait(
                milliseconds: Self.gatherMilliseconds,
                until: { $0.pending.count >= Self.batch || $0.isStopping || $0.wantsReopen }, then: { _ in })
        }
        let (taken, isStopping) = monitor.wait(
            milliseconds: retry ? 250 : nil,
            until: { retry ? $0.isStopping : !$0.pending.isEmpty || $0.isStopping || $0.wantsReopen },
            then: { state -> (ArraySlice<UInt8>, Bool) in
                // Behind what is left only as much as is bounded: the queue itself holds the rest.
                guard left.isEmpty else { return (left, state.isStopping) }
                defer {
                    state.pending = []
                    state.isIdle = false
                }
                return (state.pending[...], state.isStopping)
            })
        unwritten = taken
        return isStopping
    }

    /// Before each batch: no record goes into a file that was renamed before it was made.
    private func reopenIfNeeded(_ descriptor: inout Int32) {
        let isAsked = monitor.withLock { state in
            defer { state.wantsReopen = false }
            return state.wantsReopen
        }
        if !isAsked {
            var opened = stat()
            var named = stat()
            guard fstat(descriptor, &opened) == 0 else { return }
            if stat(path, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev { return }
        }
        let fresh = Self.open(path)
        guard fresh >= 0 else {
            let reason = FileDescriptor.describe(errno)
            return logger.error(
                "audit file cannot be opened anew, records go on into the old one", metadata: ["reason": "\(reason)"])
        }
        Glibc.close(descriptor)
        descriptor = fresh
    }
}
