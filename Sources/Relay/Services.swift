import Audit
import NIOCore
import ServiceLifecycle
import Synchronization
import Tunnels

/// Whether the public port takes calls.
final class Readiness: Sendable {
    let isReady = Atomic<Bool>(false)
}

/// Commits audit records for as long as anything else runs.
struct AuditService: Service {
    let audit: AuditWriter

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await audit.run() }
    }
}

/// Tells connectors to leave when the relay does.
struct TunnelLeaving: Service {
    let hub: TunnelHub
    let readiness: Readiness
    let grace: TimeAmount

    func run() async throws {
        try await gracefulShutdown()
        readiness.isReady.store(false, ordering: .releasing)
        await hub.drainAll(grace: grace)
    }
}
