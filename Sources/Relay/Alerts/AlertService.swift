import Audit
import Egress
import EgressPolicy
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Registry
import ServiceLifecycle
import StoreSQLite
import Vault

/// Takes note of news about APIs, and has webhooks told of it: each message is in the delivery log before it is sent, and
/// is sent again, at growing distances, until the receiver takes it or a day has passed.
final class AlertService: Service {
    private let store: SQLiteStore
    private let directory: Directory
    private let vault: Vault
    private let egress: EgressSwitch
    private let pool: NIOThreadPool
    private let logger: Logger
    private let inbox: AlertInbox
    private let health: HealthTable

    /// Seconds before each further attempt.
    private static let pauses: [Int64] = [5, 30, 120, 600, 3600, 14_400, 43_200]
    private static let poll = Duration.seconds(5)
    private static let timeout = TimeAmount.seconds(10)
    private static let atOnce = 32

    init(
        inbox: AlertInbox, health: HealthTable, store: SQLiteStore, directory: Directory, vault: Vault,
        egress: EgressSwitch, pool: NIOThreadPool, logger: Logger
    ) {
        self.inbox = inbox
        self.health = health
        self.store = store
        self.directory = directory
        self.vault = vault
        self.egress = egress
        self.pool = pool
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.deliver() }
                // What is due later needs no bell of its own.
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.poll)
                        self.inbox.ring()
                    }
                }
                await group.waitForAll()
            }
        }
    }

    private func deliver() async {
        for await _ in inbox.rings {
            guard !Task.isCancelled else { return }
            await write()
            await send()
        }
    }

    /// Puts news into the delivery log, for APIs whose owners want to hear.
    private func write() async {
        for item in inbox.take() {
            let api = await self.api(item.user, item.api)
            logger.notice(
                "an API's state changed",
                metadata: [
                    "api": "\(api?.slug ?? item.api)", "user": "\(item.user)", "event": "\(item.event.rawValue)",
                ])
            await write(item)
        }
        // What began before anybody asked to hear of it, and what could not be kept then.
        for item in health.untold() { await write(item) }
    }

    private func write(_ item: HealthTable.News) async {
        guard await api(item.user, item.api)?.alerts != nil else { return }
        let delivery = Delivery(
            id: Identifier.make("dlv"), user: item.user, api: item.api, event: item.event.rawValue, time: item.time,
            nextAttempt: item.time)
        do {
            try await pool.runIfActive { try self.store.create(delivery) }
            health.delivered(item)
        } catch {
            logger.error("an alert could not be kept", metadata: ["api": "\(item.api)"])
        }
    }

    private func send() async {
        let now = WallClock.microseconds()
        let due = (try? await pool.runIfActive { try self.store.dueDeliveries(at: now, limit: Self.atOnce) }) ?? []
        await withTaskGroup(of: Void.self) { group in
            for delivery in due { group.addTask { await self.attempt(delivery) } }
        }
        if due.count == Self.atOnce { inbox.ring() }
    }

    private func attempt(_ delivery: Delivery) async {
        var delivery = delivery
        delivery.attempts = min(max(delivery.attempts, 0), Self.pauses.count) + 1
        let isLast = delivery.attempts > Self.pauses.count
        delivery.nextAttempt =
            isLast ? nil : WallClock.microseconds() + Self.pauses[delivery.attempts - 1] * 1_000_000
        if isLast { delivery.state = .failed }
        // Written before it is sent: while the disk is full a message is not sent again and again.
        guard await keep(delivery) else { return }
        let status = await post(delivery)
        delivery.lastStatus = status
        if let status, (200..<300).contains(status) {
            delivery.state = .delivered
            delivery.nextAttempt = nil
        }
        _ = await keep(delivery)
    }

    /// False where the log cannot be written, or is gone with its user.
    private func keep(_ delivery: Delivery) async -> Bool {
        do {
            try await pool.runIfActive { try self.store.update(delivery) }
            return true
        } catch {
            return false
        }
    }

    /// What the receiver answered; nil for no answer.
    private func post(_ delivery: Delivery) async -> Int? {
        guard let id = delivery.api, let api = await api(delivery.user, id), let plan = api.alerts,
            let secret = try? vault.open(plan.secret.reference)
        else { return nil }
        let isCertificate = delivery.event == APIHealth.Event.certificateExpiring.rawValue
        let ends = isCertificate ? health.health(of: id)?.certificateEnds : nil
        let message = AlertMessage(delivery, api: api, certificateEnds: ends)
        let request = EgressRequest(
            method: "POST", origin: plan.origin, target: plan.target.raw,
            headers: message.headers(
                id: delivery.id, seconds: WallClock.microseconds() / 1_000_000, secret: secret),
            body: .whole(ByteBuffer(bytes: message.body)), isolation: EgressIsolation(user: delivery.user),
            deadline: .now() + Self.timeout, isIdempotent: true)
        return try? await egress.current.send(request) { $0.status }
    }

    private func api(_ user: String, _ id: String) async -> CompiledAPI? {
        try? await directory.api(user: user, id: id)
    }
}
