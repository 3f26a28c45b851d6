import EgressPolicy

/// The address that libcurl believes each name to have, for one multi handle. libcurl keeps what it is told, so that a name
/// is told once as long as it stays; what nobody needs any more is taken back when there are many.
struct Pins {
    private struct Name: Hashable {
        let name: String
        let port: Int
    }

    private struct Pin {
        var address: IPAddress
        /// Transfers that may ask for a connection.
        var users: Int
    }

    private var pins: [Name: Pin] = [:]
    private let most: Int

    /// - Parameter most: names that are kept although nobody uses them.
    init(most: Int = 256) { self.most = most }

    /// The address for one more user of a name.
    ///
    /// - Parameter isCertain: libcurl is told even if it knows.
    /// - Returns: entries of CURLOPT_RESOLVE; none where libcurl knows.
    mutating func pin(_ name: String, _ port: Int, _ address: IPAddress, isCertain: Bool = false) -> [String] {
        let key = Name(name: name, port: port)
        let known = pins[key]
        pins[key] = Pin(address: address, users: (known?.users ?? 0) + 1)
        if known?.address == address, !isCertain { return [] }
        var entries = ["\(name):\(port):\(Host.address(address))"]
        if pins.count > most {
            for (name, pin) in pins where pin.users == 0 {
                pins[name] = nil
                entries.append("-\(name.name):\(name.port)")
            }
        }
        return entries
    }

    mutating func release(_ name: String, _ port: Int) {
        let key = Name(name: name, port: port)
        if let users = pins[key]?.users, users > 0 { pins[key]?.users = users - 1 }
    }
}
