package import Administration
import Failure
import NIOCore
import NIOHTTP1
package import Pipeline
import Registry
import Value

/// Answers the two requests that agents make all day, tool calls and raw ones.
package struct CallService: FrontService {
    package struct Limits: Sendable {
        /// A tool call's arguments, in bytes.
        package var requestBytes: Int

        package init(requestBytes: Int) { self.requestBytes = requestBytes }
    }

    let pipeline: Pipeline
    let administration: Administration
    let limits: Limits

    package init(pipeline: Pipeline, administration: Administration, limits: Limits) {
        self.pipeline = pipeline
        self.administration = administration
        self.limits = limits
    }

    package func serve(_ request: FrontRequest, for client: any FrontClient) -> (any FrontExchange)? {
        guard let target = CallTarget(request) else { return nil }
        let exchange = CallExchange(target, request, of: self, for: client)
        exchange.begin()
        return exchange
    }
}

/// What a request calls, where it calls anything.
enum CallTarget: Sendable {
    /// - query: the request's, without its question mark, which a tool call does not take.
    case tool(slug: String, endpoint: String, query: String)
    /// - target: what follows the slug: a path, a query, both or nothing.
    case raw(slug: String, target: String)

    init?(_ request: FrontRequest) {
        let target = request.target.utf8
        if target.starts(with: "/v1/proxy/".utf8) {
            let rest = target.dropFirst("/v1/proxy/".utf8.count)
            let slug = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            self = .raw(slug: String(Substring(slug)), target: String(Substring(rest.dropFirst(slug.count))))
            return
        }
        guard request.method == "POST", target.starts(with: "/v1/tools/".utf8) else { return nil }
        let rest = target.dropFirst("/v1/tools/".utf8.count)
        let path = rest.prefix { $0 != UInt8(ascii: "?") }
        let slug = path.prefix { $0 != UInt8(ascii: "/") }
        let endpoint = path.dropFirst(slug.count + 1)
        guard !slug.isEmpty, !endpoint.isEmpty, !endpoint.contains(UInt8(ascii: "/")) else { return nil }
        self = .tool(
            slug: String(Substring(slug)), endpoint: String(Substring(endpoint)),
            query: String(Substring(rest.dropFirst(path.count + 1))))
    }

    /// Why a tool call's query is refused: what stands there was meant for the arguments.
    static func refusal(ofQuery query: String) -> CallFailure? {
        let pairs = query.split(separator: "&").map { $0.prefix { $0 != "=" } }.filter { !$0.isEmpty }
        let names = Set(pairs.map { String((PercentDecoding.decode(String($0), plusIsSpace: true) ?? "").prefix(64)) })
            .sorted().prefix(20)
        guard !names.isEmpty else { return nil }
        return CallFailure(
            .invalidRequest, stage: .validation,
            detail:
                "Unknown query fields: \(names.joined(separator: ", ")). Arguments are one JSON object in the body.",
            violations: names.map {
                .init(pointer: JSONPointer.root.appending($0).description, message: "This query field is unknown.")
            })
    }
}
