import Audit
import Drift
import EgressPolicy
import Logging
import NIOCore
import NIOHTTP1
import Registry
import StoreSQLite
import Synchronization
import Value
import Vault

@testable import Pipeline

/// A pipeline over a real SQLite file, a real journal and a real vault, whose route is a closure.
final class Bench: Sendable {
    typealias Answer = @Sendable (OutboundRequest) async throws -> InboundResponse
    typealias ProbeAnswering = @Sendable (OutboundRequest, ProbeDepth) async throws -> ProbeAnswer

    let store: SQLiteStore
    let vault: Vault
    let directory: Directory
    let ledger: AuditLedger
    let audit: AuditWriter
    let pipeline: Pipeline
    let seen: Seen

    final class Seen: Sendable {
        private let requests = Mutex<[OutboundRequest]>([])
        private let probed = Mutex<[OutboundRequest]>([])
        var all: [OutboundRequest] { requests.withLock { $0 } }
        var probes: [OutboundRequest] { probed.withLock { $0 } }
        func add(_ request: OutboundRequest) { requests.withLock { $0.append(request) } }
        func add(probe: OutboundRequest) { probed.withLock { $0.append(probe) } }
    }

    private struct ClosureRoute: Route {
        let seen: Seen
        let answer: Answer
        let probing: ProbeAnswering

        func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer {
            seen.add(probe: request)
            return try await probing(request, depth)
        }

        func send<Result: Sendable>(
            _ request: OutboundRequest, watch: CallerWatch, handle: (InboundResponse) async throws -> Result
        ) async throws -> Result {
            seen.add(request)
            return try await handle(try await answer(request))
        }
    }

    init(
        path: String, limits: Pipeline.Limits = .init(), drift: DriftRecorder? = nil, work: WorkPool = .none,
        directory: Directory = Directory(),
        probing: @escaping ProbeAnswering = { _, _ in
            .passed(ProbePassed(route: .tunnel(id: "tun_a", connector: "c", session: "1")))
        },
        answer: @escaping Answer
    ) throws {
        self.directory = directory
        store = try SQLiteStore(path: path)
        vault = try Vault(masterKey: .generate(), store: store)
        ledger = try AuditLedger.open(path + "-audit", figures: store).ledger
        audit = AuditWriter(store: ledger)
        let seen = Seen()
        self.seen = seen
        // Stands still: limits, circuits and deadlines are not about how fast a machine is.
        let now = NIODeadline.now()
        pipeline = Pipeline(
            directory: directory, vault: vault, audit: audit, limits: limits,
            clock: CallClock(wall: { 1_700_000_000_000_000 }, monotonic: { now }, sleep: { _ in }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, drift: drift, work: work,
            routes: Pipeline.Routes { _, _ in
                ClosureRoute(seen: seen, answer: answer, probing: probing)
            } token: { _, _ in
                ClosureRoute(seen: seen, answer: answer, probing: probing)
            }, keep: { _, _ in }
        )
        try store.create(User(id: "usr_a", name: "A", created: 0))
        try store.create(User(id: "usr_b", name: "B", created: 0))
        try store.create(Tunnel(id: "tun_a", user: "usr_a", name: "t", created: 0))
    }

    /// Puts a definition in place as the relay would.
    func define(_ definition: JSON, user: String = "usr_a", id: String = "api_crm") throws {
        let context = DefinitionContext(user: user, api: id, tunnels: nil)
        let parsed = try CustomAPIDefinition(definition, context: context)
        let stored = StoredAPI(
            id: id, user: user, slug: parsed.slug, definition: parsed.stored, version: 1, created: 0, updated: 0)
        try vault.change(
            user: user, api: id, puts: parsed.secrets.map { ($0.field, Secret(text: $0.value)) }
        ) { try store.save(stored, expecting: .absent, with: $0) }
        directory.set(try CompiledAPI(stored: stored))
    }

    func context(user: String = "usr_a", apis: [String]? = nil, kind: TokenKind = .agent) -> CallContext {
        let token = Token(id: "tok", kind: kind, user: user, hash: [], lastFour: "", apis: apis, created: 0)
        return CallContext(token: token, requestID: RequestID.generate().description, watch: CallerWatch())
    }

    /// Runs `body` while records are being committed.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.audit.run() }
            do { try await body() } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    /// What the audit holds, oldest first.
    func records() throws -> [JSON] {
        try ledger.records(after: 0, limit: 1000).map { try JSON.parse($0.text) }
    }
}

/// A whole JSON answer.
func answer(_ status: Int, _ body: String) -> InboundResponse {
    answer(status, ["content-type": "application/json"], body)
}

func answer(_ status: Int, _ headers: HTTPHeaders, _ body: String) -> InboundResponse {
    InboundResponse(
        status: status, headers: headers, body: .whole(ByteBuffer(string: body)),
        route: .tunnel(id: "tun_a", connector: "c", session: "1"))
}

/// An API with a key in a header, a path and a query parameter, a body, and an endpoint that sends no credential.
func crm(authentication: JSON = ["type": "api_key", "config": ["header_name": "X-API-Key", "key": "canary-7f3a"]])
    -> JSON
{
    [
        "name": "CRM", "slug": "crm",
        "connection": ["base_url": "http://crm.corp.example:8080/api/v1"],
        "authentication": authentication,
        "endpoints": [
            [
                "name": "get_customer", "method": "GET", "path": "/customers/{customer_id}",
                "parameters": [
                    ["name": "customer_id", "in": "path", "type": "string", "required": true],
                    ["name": "limit", "in": "query", "type": "integer"],
                ],
            ],
            ["name": "create", "method": "POST", "path": "/customers"],
        ],
        "tunnel": ["enabled": true, "type": "platform_agent", "tunnel_id": "tun_a"],
    ]
}
