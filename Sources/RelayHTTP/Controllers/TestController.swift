import Administration
import Failure
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline
import Registry
import Value
import Vault

/// `:test`: an API tried over the route its calls take, saved or as a draft, as one answer or step by step.
struct TestController {
    let administration: Administration
    let directory: Directory
    let pipeline: Pipeline

    func add(to router: Router<RelayContext>) {
        router.group().add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .post("v1/apis:test", use: testDraft)
    }

    func testSaved(_ slug: String, _ request: Request, _ context: RelayContext) async throws -> Response {
        let user = try context.requireToken().user ?? ""
        guard let api = try await directory.located(user: user, slug: slug) else {
            throw CallFailure(.unknownAPI, stage: .relay, detail: "There is no such API.")
        }
        try Pipeline.checkNotSuspended(api)
        let body = try await request.object(["confirm", "arguments"], context)
        return try await run(api, Self.plan(body), nil, request, context)
    }

    @Sendable func testDraft(_ request: Request, _ context: RelayContext) async throws -> Response {
        let body = try await request.object(["confirm", "arguments", "definition"], context)
        guard let definition = body["definition"] else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "A member is missing.",
                violations: [.init(pointer: "/definition", message: "This must be the definition to test.")])
        }
        let draft = try await administration.draft(of: definition, by: context.actor())
        return try await run(draft.api, Self.plan(body), draft.secrets, request, context)
    }

    private static func plan(_ body: JSONObject) throws(CallFailure) -> TestPlan {
        var plan = TestPlan()
        if let confirm = body["confirm"], !confirm.isNull {
            guard let flag = confirm.bool else { throw wrong("confirm", "This must be true or false.") }
            plan.confirmsChanges = flag
        }
        guard let arguments = body["arguments"], !arguments.isNull else { return plan }
        guard let object = arguments.object else { throw wrong("arguments", "This must be arguments by endpoint.") }
        for (name, value) in object { plan.arguments[name] = value }
        return plan
    }

    private static func wrong(_ member: String, _ message: String) -> CallFailure {
        CallFailure(
            .invalidRequest, stage: .validation, detail: "A member has the wrong type.",
            violations: [.init(pointer: "/\(member)", message: message)])
    }

    private func run(
        _ api: CompiledAPI, _ plan: TestPlan, _ secrets: [String: Secret]?, _ request: Request, _ context: RelayContext
    ) async throws -> Response {
        var call = CallContext(
            token: try context.requireToken(), requestID: context.requestID, watch: .following(context.channel))
        call.draftSecrets = secrets
        if request.headers[.accept]?.contains("text/event-stream") == true { return stream(api, plan, call) }
        var steps: [JSON] = []
        let isGood = try await pipeline.test(api, plan, call) { steps.append(Self.present($0)) }
        return .json(["ok": .bool(isGood), "steps": .array(steps)])
    }

    /// Server-sent events: a `step` for each as it ends, and `done` at the end.
    private func stream(_ api: CompiledAPI, _ plan: TestPlan, _ call: CallContext) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                do {
                    let isGood = try await pipeline.test(api, plan, call) { step in
                        try await writer.write(Self.event("step", Self.present(step)))
                    }
                    try await writer.write(Self.event("done", ["ok": .bool(isGood)]))
                } catch let failure as CallFailure {
                    let problem = Problem(failure, requestID: call.requestID)
                    try await writer.write(Self.event("error", (try? JSON.parse(problem.bytes())) ?? .null))
                }
                try await writer.finish(nil)
            })
    }

    private static func event(_ name: String, _ data: JSON) -> ByteBuffer {
        ByteBuffer(string: "event: \(name)\ndata: \(data.text())\n\n")
    }

    private static func present(_ step: TestStep) -> JSON {
        [
            "name": .string(step.name), "endpoint": step.endpoint.map { .string($0) } ?? .null,
            "state": .string(step.state.rawValue), "detail": .string(step.detail),
            "code": step.code.map { .string($0.rawValue) } ?? .null,
            "upstream_status": step.upstreamStatus.map { .number(JSONNumber($0)) } ?? .null,
            "latency_ms": step.latency.map { .number(JSONNumber($0)) } ?? .null,
            "needs": step.needs.map { .string($0.rawValue) } ?? .null,
            "missing": .array(step.missing.map(JSON.string)),
        ]
    }
}
