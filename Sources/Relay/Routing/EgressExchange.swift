import Audit
import Egress
import Failure
import NIOCore
import Pipeline

/// One request through the relay's one way out, in the words of routes.
enum EgressExchange {
    /// - Throws: what `handle` throws, or a ``CallFailure``.
    static func send<Result: Sendable>(
        _ request: EgressRequest, through egress: EgressClient, watch: CallerWatch,
        handle: (InboundResponse) async throws -> Result
    ) async throws -> Result {
        defer { watch.detach() }
        var handler = HandlerError()
        do {
            return try await egress.send(request, started: { watch.attach($0) }) { response in
                do {
                    return try await handle(inbound(response))
                } catch {
                    handler.error = error
                    throw error
                }
            }
        } catch {
            if let own = handler.error, !(own is EgressError) { throw own }
            guard let error = error as? EgressError else { throw error }
            throw EgressFailure.failure(error)
        }
    }

    /// Makes a connection and closes it.
    ///
    /// - Throws: a ``CallFailure``.
    static func connect(
        _ request: EgressRequest, through egress: EgressClient, watch: CallerWatch
    ) async throws -> ProbePassed {
        defer { watch.detach() }
        do {
            let connection = try await egress.connect(request, started: { watch.attach($0) })
            return ProbePassed(
                route: .direct, certificateEnds: connection.certificateExpiry.map { $0 &* 1_000_000 })
        } catch let error as EgressError {
            throw EgressFailure.failure(error)
        }
    }

    private struct HandlerError {
        var error: (any Error)?
    }

    /// An answer in the words of routes.
    static func inbound(_ response: EgressResponse) -> InboundResponse {
        let body: InboundBody =
            switch response.body {
            case .whole(let bytes): .whole(bytes)
            case .streamed(let next):
                .streamed {
                    do {
                        return try await next()
                    } catch let error as EgressError {
                        throw EgressFailure.failure(error)
                    }
                }
            }
        var inbound = InboundResponse(
            status: response.status, headers: response.headers, body: body, route: .direct)
        inbound.certificateEnds = response.certificateExpiry.map { $0 &* 1_000_000 }
        return inbound
    }
}
