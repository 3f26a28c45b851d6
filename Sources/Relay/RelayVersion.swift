/// The relay's version, as `--version` and the metrics say it.
package enum RelayVersion {
    package static let text = "0.1.0"
}
