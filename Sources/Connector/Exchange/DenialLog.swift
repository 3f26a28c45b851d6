import Logging
import NIOCore

/// Logs refused requests once in a while, with their count: whoever sends many does not fill the log. The audit has each
/// of them. Confined to its event loop.
final class DenialLog {
    private let eventLoop: any EventLoop
    private let logger: Logger
    private var count = 0
    private var last = AuditRecord()
    private var timer: Scheduled<Void>?

    /// The first is logged at once, those of the next minute together.
    static let every = TimeAmount.seconds(60)

    init(eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
        self.logger = logger
    }

    func add(_ record: AuditRecord) {
        count += 1
        last = record
        guard timer == nil else { return }
        tell()
        wait()
    }

    /// Logs what was counted, and waits no longer.
    func close() {
        timer?.cancel()
        timer = nil
        tell()
    }

    private func wait() {
        timer = eventLoop.assumeIsolated().scheduleTask(in: Self.every) {
            self.timer = nil
            guard self.count > 0 else { return }
            self.tell()
            self.wait()
        }
    }

    /// No path: it may hold a secret.
    private func tell() {
        guard count > 0 else { return }
        logger.warning(
            "requests were denied",
            metadata: [
                "count": "\(count)", "last_method": "\(last.method)", "last_origin": "\(last.origin)",
                "last_error": "\(last.error ?? "")", "last_request_id": "\(last.requestID)",
            ])
        count = 0
    }
}
