import Drafts
import EgressPolicy
import Value

/// GraphQL servers.
extension DiscoverySession {
    mutating func readGraphQL(_ response: DiscoveryResponse, _ probe: Probe) {
        let place = evidence(probe, response.status)
        let json = MediaKind(response) == .json ? try? JSON.parse(response.body, limits: .discovery) : nil
        if let json, let schema = GraphQLSchema(json) {
            var maker = GraphQLDraft(schema, path: probe.address.path)
            let draft = maker.draft(probe.address.origin)
            if let same = candidates.firstIndex(where: {
                $0.draft.source == .graphql && $0.draft.definition == draft.definition
            }) {
                candidates[same].evidence.append(place)
                return
            }
            candidates.append(DiscoveryResult.Candidate(draft: draft, evidence: [place], confidence: .high))
            findings.add("graphql_found", "Here is a GraphQL API that describes itself.", place)
            return
        }
        let speaks = json.map(Self.isGraphQLAnswer) ?? Self.isConsole(response)
        if speaks, !isSameAsAbsent(response) {
            let advice =
                options.allowsIntrospectionPost || probe.isPost
                ? "Its introspection is closed: its description must come from its owner."
                : "It does not answer introspection by GET. Permit POST for introspection, or bring its description."
            findings.add("graphql_closed", "Here is a GraphQL API. \(advice)", place, .medium)
        }
        let mayTakePost = speaks || [400, 404, 405, 406, 415, 501].contains(response.status)
        if !probe.isPost, options.allowsIntrospectionPost, mayTakePost {
            var post = probe
            post.isPost = true
            plan.offer(post)
        }
    }

    /// A page to write queries in.
    private static func isConsole(_ response: DiscoveryResponse) -> Bool {
        guard (200..<300).contains(response.status), MediaKind(response) == .html else { return false }
        let text = ASCIIText.lowercased(response.body.prefix(64 << 10))
        return ["graphiql", "graphql-playground", "embeddable-sandbox", "altair-graphql"].contains(where: text.contains)
    }

    /// `errors` with messages, or `data`, and nothing that the GraphQL specification does not name.
    private static func isGraphQLAnswer(_ json: JSON) -> Bool {
        guard let object = json.object, object.keys.allSatisfy({ ["data", "errors", "extensions"].contains($0) }) else {
            return false
        }
        return object["errors"]?.array?.first?["message"]?.string != nil
    }
}
