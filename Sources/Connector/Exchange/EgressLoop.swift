import EgressPolicy
import Lines
import Logging
import NIOCore
import ReverseHTTP

/// What the calls of one event loop share: the policy, the origins, the live exchanges and their deadlines, and what
/// is gathered over one turn of the loop. Confined to that loop.
final class EgressLoop {
    let eventLoop: any EventLoop
    let pool: OriginPool
    /// Bytes of a response's body.
    let responseLimit: Int
    private let policy: LocalPolicy
    private let audit: AuditFile?
    private let metrics: Metrics
    private let denials: DenialLog
    private var live: [Exchange] = []
    private var dirty: [OriginConnection] = []
    private var lines: [UInt8] = []
    private var clock = Timestamp()
    private var isTurnEndScheduled = false
    private var sweepTask: Scheduled<Void>?

    private static let sweepTick = TimeAmount.milliseconds(50)

    init(
        eventLoop: any EventLoop, pool: OriginPool, responseLimit: Int, policy: LocalPolicy, audit: AuditFile?,
        metrics: Metrics, logger: Logger
    ) {
        self.eventLoop = eventLoop
        denials = DenialLog(eventLoop: eventLoop, logger: logger)
        self.pool = pool
        self.responseLimit = responseLimit
        self.policy = policy
        self.audit = audit
        self.metrics = metrics
    }

    /// Takes one request of a session.
    func accept(
        _ stream: HTTP2Stream, _ head: RequestHead, endStream: Bool, session: String
    ) -> any HTTP2StreamDelegate {
        let exchange = Exchange(loop: self, stream: stream, session: session)
        exchange.slot = live.count
        live.append(exchange)
        exchange.start(head, endStream: endStream)
        if exchange.deadline < .distantFuture { watchDeadlines() }
        return exchange
    }

    /// Whether calls can be recorded: a call that could not be is not made.
    var isAuditing: Bool { audit?.isAccepting ?? true }

    /// What the policy says of a request, before any name is resolved.
    func permit(_ head: RequestHead, allowsEncodedSlashes: Bool) throws(Failure) -> Permit {
        let slashes: EncodedSlashes = allowsEncodedSlashes ? .permit : .refuse
        let known = pool.endpoint(scheme: head.scheme, authority: head.authority)
        let decision: Decision
        if let known, HeaderRules.isValidMethod(head.method),
            let target = try? RequestTarget(head.path, encodedSlashes: slashes)
        {
            decision = policy.judge(method: head.method, origin: known.origin, target: target)
        } else {
            decision = policy.judge(
                method: head.method, scheme: head.scheme, authority: head.authority, target: head.path,
                encodedSlashes: slashes)
        }
        switch decision {
        case .denied(let denial):
            throw Failure(denial)
        case .allowed(let match):
            let endpoint =
                known ?? pool.addEndpoint(match.origin, scheme: head.scheme, authority: head.authority)
            return Permit(endpoint: endpoint, match: match, policy: policy)
        }
    }

    /// The exchange is over.
    func retire(_ exchange: Exchange) {
        metrics.count(exchange.outcome)
        if exchange.outcome == .denied { denials.add(exchange.record) }
        if exchange.slot >= 0, exchange.slot < live.count, let last = live.last {
            live[exchange.slot] = last
            last.slot = exchange.slot
            live.removeLast()
            exchange.slot = -1
        }
        guard audit != nil, exchange.isRecorded else { return }
        exchange.record.append(to: &lines, time: clock.now())
        scheduleTurnEnd()
    }

    // MARK: the end of a turn

    /// Flushes once what one turn wrote to a connection.
    func flushAtTurnEnd(_ connection: OriginConnection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
        scheduleTurnEnd()
    }

    private func scheduleTurnEnd() {
        guard !isTurnEndScheduled else { return }
        isTurnEndScheduled = true
        eventLoop.assumeIsolated().execute { self.turnEnded() }
    }

    private func turnEnded() {
        isTurnEndScheduled = false
        if !dirty.isEmpty {
            let connections = dirty
            dirty.removeAll(keepingCapacity: true)
            for connection in connections where connection.isDirty {
                connection.flush()
                connection.exchange?.returnCredit()
            }
        }
        if !lines.isEmpty {
            audit?.append(lines)
            lines.removeAll(keepingCapacity: true)
        }
    }

    // MARK: deadlines

    /// Looks at deadlines while there are calls: cheaper than a timer for each.
    private func watchDeadlines() {
        guard sweepTask == nil else { return }
        sweepTask = eventLoop.assumeIsolated().scheduleTask(in: Self.sweepTick) {
            self.sweepTask = nil
            let now = NIODeadline.now()
            for exchange in self.live.filter({ $0.deadline <= now }) { exchange.deadlinePassed() }
            if !self.live.isEmpty { self.watchDeadlines() }
        }
    }

    /// The loop's work is over.
    func shutdown() {
        sweepTask?.cancel()
        denials.close()
        turnEnded()
        pool.shutdown()
    }
}
