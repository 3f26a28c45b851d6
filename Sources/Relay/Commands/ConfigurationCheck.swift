import Audit
import Logging
import Registry
import RelayHTTP
import StoreSQLite

/// `penstock-relay check`: what `serve` would stumble over, without serving.
package enum ConfigurationCheck {
    package struct Finding: Sendable {
        package let what: String
        /// Nil when it is good.
        package let fault: String?
        /// What is good today, and will not stay so.
        package var warning: String?
    }

    package static func run(_ configuration: RelayConfiguration) -> [Finding] {
        func finding(_ what: String, _ body: () throws -> Void) -> Finding {
            do {
                try body()
                return Finding(what: what, fault: nil)
            } catch {
                return Finding(what: what, fault: "\(error)")
            }
        }
        return [
            certificate(configuration),
            finding("master key, from \(configuration.masterKey.name)") { _ = try configuration.masterKey.load() },
            finding("data folder and database, with that key") { _ = try RelayStorage.open(configuration) },
            finding("audit, as the relay verified it last") {
                let store = try RelayStorage.openDatabase(configuration.dataDirectory)
                let faults = try FaultFile.read(in: RelayAudit.journal(in: configuration.dataDirectory, store))
                guard let first = faults.first else { return }
                throw RelayError("\(faults.count) segments do not verify: \(first) Run: penstock-relay audit verify")
            },
            definitions(configuration),
        ]
    }

    /// Whether this version can use all definitions: the relay itself finds out at their first calls.
    private static func definitions(_ configuration: RelayConfiguration) -> Finding {
        let what = "definitions of APIs"
        do {
            let store = try RelayStorage.openDatabase(configuration.dataDirectory)
            var broken: [String] = []
            for name in try store.apiNames() {
                do {
                    guard let stored = try store.api(user: name.user, slug: name.slug) else { continue }
                    _ = try CompiledAPI(stored: stored)
                } catch {
                    broken.append("\(name.id), \(error)")
                }
            }
            guard let first = broken.first else { return Finding(what: what, fault: nil) }
            return Finding(
                what: what, fault: nil,
                warning: "this version cannot use \(broken.count), whose calls fail until their owners write them "
                    + "again: \(first)")
        } catch {
            return Finding(what: what, fault: "\(error)")
        }
    }

    private static func certificate(_ configuration: RelayConfiguration) -> Finding {
        let what = "certificate and private key"
        do {
            let tls = try ReloadingTLSContext(
                TLSIdentity(
                    certificateChain: configuration.tls.certificateChain, privateKey: configuration.tls.privateKey),
                logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            guard let notice = tls.notice else { return Finding(what: what, fault: nil) }
            let isExpiring = tls.dates.state(now: WallClock.microseconds() / 1_000_000) == .expiring
            return Finding(what: what, fault: isExpiring ? nil : notice, warning: isExpiring ? notice : nil)
        } catch {
            return Finding(what: what, fault: "\(error)")
        }
    }
}
