import Value

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A token that the relay shows once: printed, or written to a file that was made before the relay was asked.
struct IssuedToken {
    private let path: String?
    private let descriptor: Int32?

    /// - Parameter path: the file of `--token-out`; it must not exist.
    init(path: String?) throws(CommandFailure) {
        self.path = path
        descriptor = if let path { try PrivateFile.create(path) } else { nil }
    }

    /// Runs `create` and hands on what the relay answered; removes the file when there is no token for it.
    func deliver(
        _ printer: Printer, _ columns: [Column], _ create: () async throws -> JSON
    ) async throws {
        var item: JSON
        do {
            item = try await create()
        } catch {
            discard()
            throw error
        }
        guard let path, let descriptor else {
            printer.object(item, columns + [Column("Token")])
            printer.note("The token is shown this once. Keep it in a file that only its user can read.")
            return
        }
        guard let token = item["token"]?.string, Descriptor.write(token + "\n", to: descriptor) else {
            discard()
            throw CommandFailure(
                .failed, "the token could not be written to \(path)", notes: ["Revoke it and create another."])
        }
        close(descriptor)
        if case .object(var object) = item {
            object["token"] = nil
            item = .object(object)
        }
        printer.object(item, columns)
        printer.note("The token is in \(path).")
    }

    private func discard() {
        guard let path, let descriptor else { return }
        close(descriptor)
        unlink(path)
    }
}
