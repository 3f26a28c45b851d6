import Egress
import ServiceLifecycle
import Synchronization

/// The relay's one way out, which a reload replaces whole: calls that begin later take the new one, those under way end
/// on the one that they began with.
final class EgressSwitch: Service {
    private struct State {
        var current: EgressClient
        /// Replaced ones, and how many looks have found them without a call.
        var retired: [(client: EgressClient, idleLooks: Int)] = []
    }

    private let state: Mutex<State>

    private static let interval = Duration.seconds(1)
    /// A call that was just handed the replaced one has had time to begin by then.
    private static let looks = 5

    init(_ client: EgressClient) {
        state = Mutex(State(current: client))
    }

    var current: EgressClient { state.withLock { $0.current } }

    /// What the current one and those that it replaced hold.
    var gauges: EgressGauges {
        let (current, retired) = state.withLock { ($0.current, $0.retired.map(\.client)) }
        return retired.map(\.gauges).reduce(into: current.gauges) { sum, gauges in
            sum.connections += gauges.connections
            sum.transfers += gauges.transfers
            sum.handles += gauges.handles
        }
    }

    /// Starts another and makes it the current one. Throws when its thread cannot be started; nothing has changed then.
    func replace(with client: EgressClient) throws {
        try client.start()
        state.withLock { state in
            state.retired.append((state.current, 0))
            state.current = client
        }
    }

    func run() async throws {
        try current.start()
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                for client in self.takeIdle() { await client.shutdown() }
            }
        }
        for client in state.withLock({ $0.retired.map(\.client) + [$0.current] }) { await client.shutdown() }
    }

    /// Replaced ones whose last call has ended.
    private func takeIdle() -> [EgressClient] {
        state.withLock { state in
            for index in state.retired.indices {
                let isIdle = state.retired[index].client.gauges.transfers == 0
                state.retired[index].idleLooks = isIdle ? state.retired[index].idleLooks + 1 : 0
            }
            let idle = state.retired.filter { $0.idleLooks >= Self.looks }
            state.retired.removeAll { $0.idleLooks >= Self.looks }
            return idle.map(\.client)
        }
    }
}
