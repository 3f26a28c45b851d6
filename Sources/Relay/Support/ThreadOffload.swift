import Administration
import NIOPosix

/// One thread for what blocks on the disk: changes happen one after another, away from calls.
struct ThreadOffload: Offload {
    let pool: NIOThreadPool

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await pool.runIfActive(body)
    }
}
