import EgressPolicy
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ReverseHTTP
import Version

/// Tries, step by step, everything a connector needs, and says for each failure what to do.
package struct Check {
    private let configuration: ConnectorConfiguration
    private let logger: Logger
    private let output: (String) -> Void
    /// The exit code so far: refused goes before unreachable, and that before failed.
    private var code: Int32 = 0

    /// - Parameter output: takes one line.
    package init(configuration: ConnectorConfiguration, logger: Logger, output: @escaping (String) -> Void) {
        self.configuration = configuration
        self.logger = logger
        self.output = output
    }

    /// - Returns: 0 when everything is well, 3 when the relay refused, 4 when it cannot be reached, 1 for other faults.
    package mutating func run() async -> Int32 {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let resolver = NameResolver(threads: 1)
        await steps(on: group.any(), resolver: resolver)
        resolver.close()
        try? await group.shutdownGracefully()
        return code
    }

    private mutating func steps(on eventLoop: any EventLoop, resolver: NameResolver) async {
        do throws(ConnectorError) {
            let dialer = try RelayDialer(configuration, resolver: resolver)
            let tls = try OriginTLS(configuration.allow)
            if let path = configuration.auditFile {
                try AuditFile(path: path, logger: logger).close()
                passed("audit: \(path) can be written")
            }
            await checkRelay(dialer, on: eventLoop)
            let origins = OriginCheck(configuration, tls: tls, resolver: resolver, eventLoop: eventLoop)
            for index in configuration.allow.indices {
                switch await origins.check(rule: index) {
                case .passed(let text): passed(text)
                case .skipped(let text): output("- \(text)")
                case .failed(let text): failed(text, 1)
                }
            }
        } catch {
            failed(error.message, 1)
        }
    }

    private mutating func checkRelay(_ dialer: RelayDialer, on eventLoop: any EventLoop) async {
        do throws(DialFailure) {
            _ = try dialer.token()
            passed("token: \(configuration.tokenFile) holds one")
            let addresses = try await dialer.addresses(on: eventLoop)
            passed("DNS: \(dialer.relay) is \(addresses.map(\.description).joined(separator: ", "))")
            let logger = self.logger
            let (session, address) = try await dialer.dial(
                slot: 0,
                headers: [TunnelField.instance.rawValue: "check", TunnelField.version.rawValue: Version.text],
                on: eventLoop
            ) { channel, _ in
                var settings = SessionConfiguration.defaults
                settings.drainGrace = .zero
                return try ServerSession(on: channel, configuration: settings, logger: logger) { stream, _, _ in
                    stream.reset(.refusedStream)
                    return Nobody()
                }
            }
            passed("TCP: \(address) port \(dialer.relay.port) accepts connections")
            passed("TLS: the certificate of \(dialer.relay) is accepted")
            passed("token: the relay accepts it")
            session.drain()
            try? await session.closeFuture.get()
        } catch {
            if [.tls, .certificate, .refused, .answer].contains(error.kind) {
                passed("TCP: \(dialer.relay) is reached")
            }
            if [.refused, .answer].contains(error.kind) {
                passed("TLS: the certificate of \(dialer.relay) is accepted")
            }
            switch error.kind {
            case .token: failed("token: \(error)", 1)
            case .dns: failed("DNS: \(error); check the name, and that this machine has a DNS server", 4)
            case .tcp: failed("TCP: \(error); let this machine open outbound connections to that port", 4)
            case .tls: failed("TLS: \(error)", 4)
            case .certificate: failed("TLS: \(error)", 1)
            case .refused: failed("token: \(error)", 3)
            case .answer: failed("upgrade: \(error)", 4)
            }
        }
    }

    private func passed(_ text: String) {
        output("\u{2713} \(text)")
    }

    private mutating func failed(_ text: String, _ code: Int32) {
        output("\u{2717} \(text)")
        self.code = [3, 4, 1].first { $0 == code || $0 == self.code } ?? code
    }
}

/// A request that came during a check is nobody's.
private final class Nobody: HTTP2StreamDelegate {
    func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer) { stream.consume(data.readableBytes) }
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?) {}
    func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason) {}
}
