import Glibc
import Settings
import Value

extension ConnectorConfiguration {
    /// Where the configuration is looked for when nobody says where.
    package static let defaultFile = "/etc/penstock/connector.yaml"

    /// Reads the configuration as a process does: the file, if there is one, under the environment.
    ///
    /// - Parameters:
    ///   - file: as given by a flag or `PENSTOCK_CONFIG`; nil looks at ``defaultFile``, which may be absent.
    ///   - environment: the process's.
    ///
    /// - Throws: ``ConnectorError`` with a line for each fault.
    package static func read(
        file: String?, environment: [String: String]
    ) throws(ConnectorError) -> ConnectorConfiguration {
        do throws(SettingsError) {
            return try load(file: file, environment: environment)
        } catch {
            throw ConnectorError(.configuration, "\(error)")
        }
    }

    private static func load(
        file: String?, environment: [String: String]
    ) throws(SettingsError) -> ConnectorConfiguration {
        let layers = Layered(environment: environment, keys: variables)
        let path = file ?? (access(defaultFile, F_OK) == 0 ? defaultFile : nil)
        let document: Document? = if let path { try parseFile(path) } else { nil }
        return try parse(
            document, file: path ?? "", layers: layers,
            proxyVariable: environment["HTTPS_PROXY"] ?? environment["https_proxy"])
    }
}
