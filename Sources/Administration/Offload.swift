/// Runs what blocks on the disk away from event loops and from the tasks of calls, one piece after another, so that
/// what is written and what calls look up change in the same order.
package protocol Offload: Sendable {
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
}
