import EgressPolicy
import Logging
import NIOCore
import NIOHTTP1
import ReverseHTTP
import Version

/// Keeps one session with the relay up: dials, waits for its end, backs off, dials again, until the fleet gives it up.
/// Each of a connector's sessions is a slot's.
final class TunnelSlot: Sendable {
    /// What a slot needs of its surroundings; tests put their own in.
    struct Surroundings: Sendable {
        var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
        var backOff = BackOff.Configuration()
        var session = SessionConfiguration.defaults

        init() {}
    }

    private enum End: Sendable {
        case closed(String)
        /// The relay said GOAWAY.
        case leaving
    }

    private let index: Int
    private let eventLoop: any EventLoop
    private let egress: NIOLoopBound<EgressLoop>
    private let dialer: RelayDialer
    private let identity: Identity
    private let sessions: SessionTable
    private let fleet: TunnelFleet
    private let metrics: Metrics
    private let surroundings: Surroundings
    private let logger: Logger

    init(
        index: Int, egress: NIOLoopBound<EgressLoop>, eventLoop: any EventLoop, dialer: RelayDialer,
        identity: Identity, sessions: SessionTable, fleet: TunnelFleet, metrics: Metrics, surroundings: Surroundings,
        logger: Logger
    ) {
        self.index = index
        self.egress = egress
        self.eventLoop = eventLoop
        self.dialer = dialer
        self.identity = identity
        self.sessions = sessions
        self.fleet = fleet
        self.metrics = metrics
        self.surroundings = surroundings
        var logger = logger
        logger[metadataKey: "slot"] = "\(index)"
        self.logger = logger
    }

    /// Runs until its task is cancelled or the fleet gives it up; then drains the session and waits for its end.
    func run() async {
        var backOff = BackOff(surroundings.backOff)
        var isReconnect = false
        var leaving: [ServerSession] = []
        while !Task.isCancelled {
            let ending: BackOff.Ending
            var age: TimeAmount?
            var failure: DialFailure?
            var lost = ""
            do throws(DialFailure) {
                let (session, end, place, address) = try await dial(epoch: fleet.nextEpoch(index))
                let began = NIODeadline.now()
                if isReconnect { metrics.reconnects.add(1) }
                isReconnect = true
                var metadata: Logger.Metadata = ["relay": "\(dialer.relay)", "address": "\(address)"]
                if let place { metadata["loop"] = "\(place.index + 1)/\(place.count)" }
                logger.notice("tunnel is up", metadata: metadata)
                // Only now that the new session is up does the old one go.
                for old in leaving { old.drain() }
                leaving.removeAll { !$0.channel.isActive }
                fleet.up(index, session, place)
                let reason = await withTaskCancellationHandler {
                    let reason = (try? await end.get()) ?? .closed("")
                    guard case .leaving = reason, fleet.isClosing(index) else { return reason }
                    // The relay's answer to our own leaving.
                    try? await session.closeFuture.get()
                    return .closed("")
                } onCancel: {
                    session.drain()
                }
                let lived = NIODeadline.now() - began
                age = lived
                switch reason {
                case .leaving:
                    leaving.append(session)
                    ending = .drained
                case .closed(let reason):
                    lost = reason
                    ending = .lost(after: lived)
                }
            } catch {
                ending = error.ending
                failure = error
            }
            if Task.isCancelled { break }
            guard fleet.down(index, ending, age: age) else {
                logger.info("extra session has ended", metadata: ["reason": "\(failure?.description ?? lost)"])
                dialer.forget(slot: index)
                break
            }
            let wait = backOff.wait(after: ending, random: surroundings.random)
            let seconds = Double(wait.nanoseconds / 1_000_000) / 1000
            switch ending {
            case .lost:
                logger.warning("tunnel is lost", metadata: ["reason": "\(lost)", "retry_in_s": "\(seconds)"])
            case .drained: logger.notice("relay is leaving", metadata: ["retry_in_s": "\(seconds)"])
            case .failed, .refused:
                logger.warning(
                    failure?.isRefusal == true ? "tunnel refused" : "tunnel cannot be established",
                    metadata: ["reason": "\(failure?.description ?? "")", "retry_in_s": "\(seconds)"])
            }
            try? await surroundings.sleep(Duration(wait))
        }
        for old in leaving {
            old.drain()
            try? await old.closeFuture.get()
        }
    }

    private func dial(
        epoch: Int
    ) async throws(DialFailure) -> (ServerSession, EventLoopFuture<End>, PTTH.LoopPlace?, IPAddress) {
        let name = identity.name(slot: index)
        let label = "\(name)-\(epoch)"
        let headers: HTTPHeaders = [
            TunnelField.instance.rawValue: name, TunnelField.epoch.rawValue: "\(epoch)",
            TunnelField.version.rawValue: Version.text, TunnelField.capabilities.rawValue: TunnelValue.probes,
        ]
        let (egress, logger, sessions, fleet) = (self.egress, self.logger, self.sessions, self.fleet)
        let defaults = surroundings.session
        let dialled = try await dialer.dial(slot: index, headers: headers, on: eventLoop) { channel, place in
            let loop = egress.value
            var configuration = defaults
            configuration.concurrentStreams = fleet.concurrentStreams(place)
            let session = try ServerSession(on: channel, configuration: configuration, logger: logger) {
                loop.accept($0, $1, endStream: $2, session: label)
            }
            sessions.add(session)
            // Both come on this loop, and whichever is first counts.
            let ended = channel.eventLoop.makePromise(of: End.self)
            let isEnded = NIOLoopBoundBox(false, eventLoop: channel.eventLoop)
            let end: @Sendable (End) -> Void = { reason in
                guard !isEnded.value else { return }
                isEnded.value = true
                ended.succeed(reason)
            }
            session.onPeerLeaving { end(.leaving) }
            session.closeFuture.whenComplete { _ in end(.closed(session.endReason)) }
            return (session, ended.futureResult, place)
        }
        return (dialled.session.0, dialled.session.1, dialled.session.2, dialled.address)
    }
}
