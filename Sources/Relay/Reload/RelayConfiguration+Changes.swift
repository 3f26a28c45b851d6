extension RelayConfiguration {
    /// This configuration, changed only in what a relay that serves can take over from another.
    private func taking(_ other: RelayConfiguration) -> RelayConfiguration {
        var next = self
        next.limits.responseBytes = other.limits.responseBytes
        next.limits.callsInFlight = other.limits.callsInFlight
        next.egress = other.egress
        next.auditRetentionDays = other.auditRetentionDays
        return next
    }

    /// The settings that differ in `other` and need a restart.
    func settingsThatNeedRestart(in other: RelayConfiguration) -> [String] {
        let next = taking(other)
        let comparisons: [(name: String, isSame: Bool)] = [
            ("listen", next.listen == other.listen), ("public_url", next.publicURL == other.publicURL),
            ("tls", next.tls == other.tls), ("admin.listen", next.admin == other.admin),
            ("data_dir", next.dataDirectory == other.dataDirectory), ("vault", next.masterKey == other.masterKey),
            ("limits.request_bytes", next.limits.requestBytes == other.limits.requestBytes),
            ("limits.header_bytes", next.limits.headerBytes == other.limits.headerBytes),
            ("llm", next.llm == other.llm), ("audit.durability", next.durability == other.durability),
            ("shutdown_grace", next.shutdownGrace == other.shutdownGrace),
        ]
        return comparisons.filter { !$0.isSame }.map(\.name)
    }
}
