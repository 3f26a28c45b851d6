package import EgressPolicy

/// What the operator lets requests reach.
package struct EgressRules: Sendable, Hashable {
    /// A socket of the relay's own.
    package struct Listener: Sendable, Hashable {
        /// The unspecified address stands for every address of the machine.
        package var address: IPAddress
        package var port: Int

        package init(address: IPAddress, port: Int) {
            self.address = address
            self.port = port
        }
    }

    /// Ranges whose addresses may be reached although they are not global.
    package var allowPrivate: [CIDR]
    /// Also what a load balancer in front of the relay listens on.
    package var ownListeners: [Listener]

    package init(allowPrivate: [CIDR] = [], ownListeners: [Listener] = []) {
        self.allowPrivate = allowPrivate
        self.ownListeners = ownListeners
    }

    /// Judges one address (S1, S2, S3).
    ///
    /// - Parameters:
    ///   - allowlist: the request's own; empty for none.
    ///   - isLocal: whether an address is one of this machine's.
    /// - Returns: nil where the address may be reached.
    func refusal(
        of address: IPAddress, port: Int, allowlist: [CIDR], isLocal: (IPAddress) -> Bool
    ) -> Refusal? {
        let addressClass = address.classify()
        if addressClass.isNeverOpened { return .address(addressClass) }
        if addressClass != .global, !allowPrivate.contains(where: { $0.contains(address) }) {
            return .address(addressClass)
        }
        if !allowlist.isEmpty, !allowlist.contains(where: { $0.contains(address) }) { return .notInAllowlist }
        return isOwnListener(address.unmapped, port: port, isLocal: isLocal) ? .ownListener : nil
    }

    private func isOwnListener(_ address: IPAddress, port: Int, isLocal: (IPAddress) -> Bool) -> Bool {
        for listener in ownListeners where listener.port == port {
            if listener.address.unmapped == address { return true }
            if listener.address.classify() == .unspecified, isLocal(address) { return true }
        }
        return false
    }
}

extension AddressClass {
    /// No range opens these: metadata addresses by S2, the others because they name no host.
    fileprivate var isNeverOpened: Bool {
        switch self {
        case .metadata, .unspecified, .multicast, .broadcast: true
        case .global, .documentation, .reserved, .siteLocal, .uniqueLocal, .cgnat, .private, .linkLocal, .loopback:
            false
        }
    }
}
