import NIOCore
import NIOPosix

/// Accepts connections and never says a word: a wire whose packets vanish without a reset.
enum ServerBootstrapOfSilence {
    static func start() async throws -> any Channel {
        try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
    }
}
