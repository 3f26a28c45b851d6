import Administration
import Hummingbird
import Pipeline
import Registry
import Value

/// `/v1/users` and `/v1/tokens`.
struct PeopleController {
    let administration: Administration

    func add(to router: Router<RelayContext>) {
        router.group("v1/users").add(middleware: RequireToken(administration: administration, kinds: [.operator]))
            .get(use: users).post(use: createUser).delete(":id", use: deleteUser)
        router.group("v1/tokens")
            .add(middleware: RequireToken(administration: administration, kinds: [.operator, .user]))
            .get(use: tokens).post(use: createToken).delete(":id", use: revokeToken)
    }

    @Sendable func users(_ request: Request, _ context: RelayContext) async throws -> Response {
        let page = try PageRequest(request)
        let users = try await administration.users(limit: page.limit + 1, after: page.after)
        let shown = users.prefix(page.limit)
        return .json(
            Presentation.page(
                shown.map(Presentation.user), next: users.count > page.limit ? shown.last?.id : nil))
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

    @Sendable func tokens(_ request: Request, _ context: RelayContext) async throws -> Response {
        let page = try PageRequest(request)
        return page.slice(try await administration.tokens(for: context.actor()), by: \.id, Presentation.token)
    }

    @Sendable func createToken(_ request: Request, _ context: RelayContext) async throws -> Response {
        let object = try await request.object(["kind", "user_id", "label", "apis"], context)
        guard let kind = TokenKind(rawValue: try object.requiredString("kind")) else {
            throw Failure(
                .invalidRequest, stage: .validation, detail: "There is no such kind of token.",
                violations: [.init(pointer: "/kind", message: "This must be operator, user or agent.")])
        }
        let token = try await administration.createToken(
            kind: kind, user: try object.string("user_id"), label: try object.string("label") ?? "",
            apis: try Self.slugs(object["apis"]), by: context.actor())
        return .json(Presentation.token(token), status: .created)
    }

    private static func slugs(_ value: JSON?) throws(Failure) -> [String]? {
        guard let value, !value.isNull else { return nil }
        guard let slugs = value.array?.map(\.string), !slugs.contains(nil) else {
            throw Failure(
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
