import NIOHTTP1
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
    ///
    /// A token that cannot be written anywhere is revoked: it would be in force, and nobody would have it.
    func deliver(
        _ printer: Printer, _ columns: [Column], _ relay: RelayClient, _ create: () async throws -> JSON
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
            if let reason = Terminal.outputFailure {
                throw await lost(item, "to standard output: \(reason)", relay)
            }
            printer.note("The token is shown only once. Keep it in a file that only its user can read.")
            return
        }
        guard let token = item["token"]?.string, Descriptor.write(token + "\n", to: descriptor), fsync(descriptor) == 0
        else {
            let reason = String(cString: strerror(errno))
            discard()
            throw await lost(item, "to \(path): \(reason)", relay)
        }
        close(descriptor)
        if case .object(var object) = item {
            object["token"] = nil
            item = .object(object)
        }
        printer.object(item, columns)
        printer.note("The token is in \(path).")
    }

    /// Revokes a token that was not shown, and says so.
    private func lost(_ item: JSON, _ place: String, _ relay: RelayClient) async -> CommandFailure {
        let id = item["token_id"]?.string ?? item["id"]?.string ?? ""
        var note = "It was revoked."
        do throws(CommandFailure) {
            _ = try await relay.send(.DELETE, "/v1/tokens" / id)
        } catch {
            note = "It is still valid: penstock tokens revoke \(id)"
        }
        let tunnel = item["token_id"] == nil ? nil : item["id"]?.string
        return CommandFailure(
            .failed, "the token could not be written \(place)",
            notes: [
                note, tunnel.map { "The tunnel exists. To create another token for it: penstock tunnels token \($0)" },
            ].compactMap(\.self))
    }

    private func discard() {
        guard let path, let descriptor else { return }
        close(descriptor)
        unlink(path)
    }
}
