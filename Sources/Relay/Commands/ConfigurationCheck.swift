import Logging
import RelayHTTP
import StoreSQLite

/// `penstock-relay check`: what `serve` would stumble over, without serving.
package enum ConfigurationCheck {
    package struct Finding: Sendable {
        package let what: String
        /// Nil when it is good.
        package let fault: String?
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
            finding("certificate and private key") {
                _ = try ReloadingTLSContext(
                    TLSIdentity(
                        certificateChain: configuration.tls.certificateChain, privateKey: configuration.tls.privateKey),
                    logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            },
            finding("master key, from \(configuration.masterKey.name)") { _ = try configuration.masterKey.load() },
            finding("data folder and database, with that key") { _ = try RelayStorage.open(configuration) },
        ]
    }
}
