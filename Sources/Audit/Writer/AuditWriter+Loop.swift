package import NIOCore

extension AuditWriter {
    /// As ``append(_:)``, for who does not wait in a task.
    ///
    /// - Parameter done: called on `loop`, when the record is durable or cannot be.
    package func append(
        _ record: AuditRecord, on loop: any EventLoop, _ done: @escaping @Sendable (Result<Void, AuditError>) -> Void
    ) {
        Task {
            let result: Result<Void, AuditError>
            do throws(AuditError) {
                result = .success(try await append(record))
            } catch {
                result = .failure(error)
            }
            loop.execute { done(result) }
        }
    }
}
