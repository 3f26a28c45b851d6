import Audit
import Drift
import EgressPolicy
import Failure
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
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

        func start(
            _ request: OutboundRequest, on loop: any EventLoop,
            answered: @escaping (Result<InboundResponse, CallFailure>) -> Void
        ) -> any RouteExchange {
            seen.add(request)
            let answered = NIOLoopBound(answered, eventLoop: loop)
            let task = Task {
                let result: Result<InboundResponse, CallFailure>
                do {
                    result = .success(try await answer(request))
                } catch {
                    result = .failure(
                        error as? CallFailure ?? CallFailure(.internalError, stage: .relay, detail: "\(error)"))
                }
                loop.execute { answered.value(result) }
            }
            return TaskExchange(task: task)
        }
    }

    private final class TaskExchange: RouteExchange {
        let task: Task<Void, Never>
        init(task: Task<Void, Never>) { self.task = task }
        func cancel() { task.cancel() }
    }

    init(
        path: String, limits: Pipeline.Limits = .init(), drift: DriftRecorder? = nil, work: WorkPool = .none,
        directory: Directory = Directory(), durability: AuditWriter.Durability = .strict,
        probing: @escaping ProbeAnswering = { _, _ in
            .passed(ProbePassed(route: .tunnel(id: "tun_a", connector: "c", session: "1")))
        },
        answer: @escaping Answer
    ) throws {
        self.directory = directory
        store = try SQLiteStore(path: path)
        vault = try Vault(masterKey: .generate(), store: store)
        ledger = try AuditLedger.open(path + "-audit", figures: store).ledger
        audit = AuditWriter(store: ledger, durability: durability)
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

extension Pipeline {
    /// Calls an endpoint with arguments that have been read.
    func callTool(
        _ slug: String, _ endpoint: String, arguments: JSON, _ context: CallContext
    ) async throws(CallFailure) -> ToolAnswer {
        try await callTool(slug, endpoint, arguments: .value(arguments), context)
    }

    func callTool(
        _ slug: String, _ endpoint: String, arguments: ToolArguments, _ context: CallContext
    ) async throws(CallFailure) -> ToolAnswer {
        try await callTool(ToolRequest(api: .slug(slug), endpoint: endpoint, arguments: arguments), context)
    }

    /// Passes a raw request through, and its answer to a closure.
    func proxy(
        _ raw: RawRequest, _ context: CallContext, answer: @escaping @Sendable (RawAnswer) async throws -> Void
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let end = await withCheckedContinuation { continuation in
            loop.execute {
                let sink = RawSink(loop, continuation, answer)
                let call = Call(.raw(raw), of: self, context, on: loop, sink: sink)
                sink.call = call
                call.start()
            }
        }
        try end.get()
    }
}

struct AnswerBroken: Error {}

/// Hands a raw call's answer to a closure, and its end to who waits.
private final class RawSink: CallSink {
    private let loop: any EventLoop
    private let continuation: CheckedContinuation<Result<Void, any Error>, Never>
    private let answer: @Sendable (RawAnswer) async throws -> Void
    var call: Call?

    init(
        _ loop: any EventLoop, _ continuation: CheckedContinuation<Result<Void, any Error>, Never>,
        _ answer: @escaping @Sendable (RawAnswer) async throws -> Void
    ) {
        self.loop = loop
        self.continuation = continuation
        self.answer = answer
    }

    func answered(_ answer: CallAnswer) {
        switch answer {
        case .failed(let failure): continuation.resume(returning: .failure(failure))
        case .tool: continuation.resume(returning: .failure(AnswerBroken()))
        case .raw(let raw):
            let (loop, pass) = (loop, self.answer)
            let bound = NIOLoopBound(self, eventLoop: loop)
            Task {
                var broken: (any Error)?
                do { try await pass(raw) } catch { broken = error }
                let error = broken
                loop.execute {
                    if case .streamed = raw.body {
                        bound.value.call?.passed(error)
                    } else {
                        bound.value.continuation.resume(returning: error.map { .failure($0) } ?? .success(()))
                    }
                }
            }
        }
    }

    func ended(isWhole: Bool) {
        continuation.resume(returning: isWhole ? .success(()) : .failure(AnswerBroken()))
    }
}
