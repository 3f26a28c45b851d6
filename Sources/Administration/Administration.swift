package import Audit
package import EgressPolicy
package import Registry
import Synchronization
import Value
package import Vault

/// What an operator lets definitions do, beyond what is always allowed.
package struct DefinitionPermissions: Sendable {
    /// Ranges that are not public and may be called directly, over HTTPS. Default: none.
    package var allowPrivate: [CIDR] = []
    /// A direct API may say `verify_ssl: false`. Default: no.
    package var allowsUnverifiedTLS = false

    package init() {}
}

/// Changes of users, tokens, tunnels and definitions. Each is durable, recorded in the audit, and known to calls, in
/// that order, before it is answered.
package final class Administration: Sendable {
    let store: any RegistryStore<VaultChange>
    /// Proposals of schema changes.
    let drift: any DriftStore
    let vault: Vault
    let directory: Directory
    let audit: AuditWriter
    let offload: any Offload
    /// Microseconds since 1970.
    package let now: @Sendable () -> Int64
    /// What the operator lets definitions do.
    private let currentPermissions: Mutex<DefinitionPermissions>
    /// What must end when something is revoked or removed.
    let ended: @Sendable (Ending) -> Void

    /// Something that live sessions, or what was learnt of an API, may belong to is gone.
    package enum Ending: Sendable {
        /// The API is gone.
        case api(String)
        /// The API's definition or credentials have changed.
        case apiChanged(String)
        case token(String)
        case tunnel(String)
        case user(String)
    }

    package init(
        store: any RegistryStore<VaultChange>, drift: any DriftStore, vault: Vault, directory: Directory,
        audit: AuditWriter,
        offload: any Offload, now: @escaping @Sendable () -> Int64,
        permissions: DefinitionPermissions = DefinitionPermissions(), ended: @escaping @Sendable (Ending) -> Void
    ) {
        self.store = store
        self.drift = drift
        self.vault = vault
        self.directory = directory
        self.audit = audit
        self.offload = offload
        self.now = now
        currentPermissions = Mutex(permissions)
        self.ended = ended
    }

    var permissions: DefinitionPermissions { currentPermissions.withLock { $0 } }

    /// Replaces what definitions may do; those that are stored are judged anew at each call, by the way out.
    package func set(_ permissions: DefinitionPermissions) { currentPermissions.withLock { $0 = permissions } }

    /// Runs a change away from event loops, says why it failed in words of this layer, and records it.
    func change<Value: Sendable>(
        _ action: String, of target: @escaping @Sendable (Value) -> String, by actor: Actor,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(AdministrationError) -> Value {
        let value: Value
        do {
            try await audit.admit()
            value = try await offload.run(body)
        } catch {
            // Actions are named after what they are done to.
            throw Self.translate(error, .init(rawValue: String(action.prefix { $0 != "." })) ?? .api)
        }
        do {
            try await audit.append(
                AuditRecord(
                    kind: .admin, time: now(), requestID: actor.requestID, user: actor.token.user,
                    token: actor.token.id, outcome: "OK", action: action, target: target(value)))
        } catch {
            throw AdministrationError(
                .unrecorded, "This was done, and could not be recorded: look before doing it again.")
        }
        return value
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(AdministrationError) -> Value {
        do { return try await offload.run(body) } catch { throw Self.translate(error) }
    }

    private static func translate(
        _ error: any Error, _ subject: AdministrationError.Subject = .api
    ) -> AdministrationError {
        switch error {
        case let error as AdministrationError:
            return error
        case let error as DefinitionError:
            let code: AdministrationError.Code =
                switch error.kind {
                case .invalid: .invalid
                case .urlNotAllowed: .urlNotAllowed
                }
            let violations = error.faults.map {
                let place = $0.position.map { " (line \($0.line), column \($0.column))" } ?? ""
                return AdministrationError.Violation(pointer: "\($0.pointer)", message: $0.message + place)
            }
            let first = error.faults.first { $0.kind == error.kind }
            return AdministrationError(
                code, first?.message ?? "The definition is not valid.", violations: violations)
        case let error as StoreError:
            switch error.code {
            case .notFound: return .missing(subject)
            case .exists: return AdministrationError(.exists, error.message)
            case .conflict: return AdministrationError(.conflict, "It has changed since you read it.")
            default: return AdministrationError(.storage, "The relay's storage is full or failing.")
            }
        case let error as AuditError:
            return AdministrationError(.storage, error.message)
        default:
            return AdministrationError(.storage, "The relay's storage is full or failing.")
        }
    }
}
