import Administration
import Failure
import Hummingbird
import Registry
import Value

/// `/v1/users` and `/v1/tokens`.
struct PeopleController {
    let administration: Administration

    func add(to router: Router<RelayContext>) {
        router.group("v1/users").add(middleware: RequireToken(administration: administration, kinds: [.operator]))
            .get(use: users).post(use: createUser).get(":id", use: user).delete(":id", use: deleteUser)
            // The id and what is to be done with it are one segment.
            .post(":id", use: decide)
        router.group("v1/tokens")
            .add(middleware: RequireToken(administration: administration, kinds: [.operator, .user]))
            .get(use: tokens).post(use: createToken).delete(":id", use: revokeToken)
    }

    @Sendable func users(_ request: Request, _ context: RelayContext) async throws -> Response {
        let page = try PageRequest(request)
        let users = try await administration.users(page.bounds)
        return page.answer(users, by: \.id, Presentation.user)
    }

    @Sendable func user(_ request: Request, _ context: RelayContext) async throws -> Response {
        .json(Presentation.user(try await administration.user(id: context.parameters.require("id"))))
    }

    /// `:suspend` and `:resume`.
    @Sendable func decide(_ request: Request, _ context: RelayContext) async throws -> Response {
        let segment = try context.parameters.require("id")
        let id = String(segment.prefix { $0 != ":" })
        let suspends: Bool
        switch segment.dropFirst(id.count) {
        case ":suspend": suspends = true
        case ":resume": suspends = false
        default: throw CallFailure(.endpointNotFound, stage: .relay, detail: "There is no such resource.")
        }
        return .json(
            Presentation.user(try await administration.setSuspended(suspends, user: id, by: context.actor())))
    }

    @Sendable func createUser(_ request: Request, _ context: RelayContext) async throws -> Response {
        let name = try await request.object(["name"], context).requiredString("name")
        let user = try await administration.createUser(name: name, by: context.actor())
        return .json(Presentation.user(user), status: .created)
    }

    @Sendable func deleteUser(_ request: Request, _ context: RelayContext) async throws -> Response {
        try await administration.deleteUser(id: context.parameters.require("id"), by: context.actor())
        return .done
    }

    /// The user's own; for an operator everybody's, or with `?user_id=` one user's.
    @Sendable func tokens(_ request: Request, _ context: RelayContext) async throws -> Response {
        let page = try PageRequest(request)
        let actor = try context.actor()
        guard actor.token.kind == .operator else {
            return page.slice(try await administration.tokens(for: actor), by: \.id, Presentation.token)
        }
        let found = try await administration.tokens(ofAny: request.ofUser, page.bounds)
        return page.answer(found, by: \.id, Presentation.token)
    }

    @Sendable func createToken(_ request: Request, _ context: RelayContext) async throws -> Response {
        let object = try await request.object(
            ["kind", "user_id", "label", "apis", "rate_limit", "max_in_flight", "expires_in_s"], context)
        guard let kind = TokenKind(rawValue: try object.requiredString("kind")) else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "There is no such kind of token.",
                violations: [.init(pointer: "/kind", message: "This must be operator, user or agent.")])
        }
        let token = try await administration.createToken(
            kind: kind, user: try object.string("user_id"), label: try object.string("label") ?? "",
            apis: try Self.slugs(object["apis"]), limits: try Self.limits(object), life: try object.life(),
            by: context.actor())
        return .json(Presentation.token(token), status: .created)
    }

    /// As in a definition: `rate_limit: {requests_per_minute, requests_per_day}` and `max_in_flight`.
    private static func limits(_ object: JSONObject) throws(CallFailure) -> CallLimits {
        func number(_ value: JSON?, _ pointer: String) throws(CallFailure) -> Int? {
            guard let value, !value.isNull else { return nil }
            guard let number = value.int, (1...1_000_000_000).contains(number) else {
                throw CallFailure(
                    .invalidRequest, stage: .validation, detail: "A limit is not valid.",
                    violations: [.init(pointer: pointer, message: "This must be a number of at least 1.")])
            }
            return number
        }
        let rate = object["rate_limit"]
        for key in rate?.object?.keys ?? [] where key != "requests_per_minute" && key != "requests_per_day" {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "The body holds unknown members.",
                violations: [.init(pointer: "/rate_limit/\(key)", message: "There is no such member.")])
        }
        return CallLimits(
            perMinute: try number(rate?["requests_per_minute"], "/rate_limit/requests_per_minute"),
            perDay: try number(rate?["requests_per_day"], "/rate_limit/requests_per_day"),
            inFlight: try number(object["max_in_flight"], "/max_in_flight"))
    }

    private static func slugs(_ value: JSON?) throws(CallFailure) -> [String]? {
        guard let value, !value.isNull else { return nil }
        guard let slugs = value.array?.map(\.string), !slugs.contains(nil) else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "A member has the wrong type.",
                violations: [.init(pointer: "/apis", message: "This must be a list of slugs.")])
        }
        return slugs.compactMap { $0 }
    }

    @Sendable func revokeToken(_ request: Request, _ context: RelayContext) async throws -> Response {
        try await administration.revokeToken(id: context.parameters.require("id"), by: context.actor())
        return .done
    }
}
