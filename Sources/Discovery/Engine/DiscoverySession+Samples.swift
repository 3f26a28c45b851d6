import EgressPolicy
import Value

/// What answers teach that nobody described.
extension DiscoverySession {
    private static let actions: Set<String> = [
        "activate", "approve", "cancel", "close", "confirm", "deactivate", "delete", "destroy", "disable", "download",
        "enable", "execute", "export", "logout", "purge", "reboot", "reject", "remove", "reset", "restart", "revoke",
        "run",
        "send", "shutdown", "signout", "start", "stop", "subscribe", "trigger", "unsubscribe", "verify",
    ]

    /// A path that the caller gave to learn from.
    mutating func offerSample(_ path: String) {
        let below = path.hasPrefix("/") ? path : "/" + path
        let full = below.hasPrefix(base.pathPrefix + "/") ? below : base.pathPrefix + below
        guard let address = WebAddress(base.origin, path: full) else {
            return findings.add("sample_invalid", "A sample is no path that can be requested.", nil)
        }
        let shape = PathShape.of(address.path)
        guard samples.take(shape) else { return }
        samples.declare(shape, query: Self.names(in: address), nil)
        plan.offer(Probe(purpose: .sample, address: address))
    }

    mutating func learn(_ json: JSON, _ response: DiscoveryResponse, _ probe: Probe) {
        guard json.object != nil || json.array != nil else { return }
        let links = JSONLinks(
            json, path: probe.address.path, values: probe.values, isRoot: probe.purpose == .root)
        let shape = PathShape.of(probe.address.path, values: probe.values)
        let place = evidence(probe, response.status)
        if !links.isDirectory { samples.add(json, shape, place) }
        for value in response.values("link").prefix(4) {
            for link in WebLink.parse(value)
            where !Set(link.relations).isDisjoint(with: ["next", "prev", "last", "first"]) {
                guard let address = probe.address.resolving(link.target), address.path == probe.address.path else {
                    continue
                }
                samples.declare(
                    shape, query: Self.names(in: address), evidence(probe, response.status, .header("link")))
            }
        }
        guard options.followsLinks else { return }
        for link in links.links { follow(link, shape, probe, response.status) }
    }

    private mutating func follow(_ link: JSONLinks.Link, _ shape: PathShape, _ probe: Probe, _ status: Int) {
        let place = evidence(probe, status, .pointer(ShownPointer.hiding(link.pointer)))
        if let template = URITemplate(link.reference) {
            let isHere = link.reference.hasPrefix("/") || link.reference.hasPrefix(base.origin.description + "/")
            guard isHere else { return }
            let shape = PathShape.of(template.path, values: link.values)
            return samples.declare(shape, query: template.query, place)
        }
        guard let found = probe.address.resolving(link.reference), found.origin == base.origin,
            let address = WebAddress(found.origin, path: found.path)
        else { return }
        let target = PathShape.of(address.path, values: link.values)
        let query = Self.names(in: found)
        if link.isPaging, target == shape { return samples.declare(shape, query: query, place) }
        guard !Self.isAction(address), !Self.isFile(address.path) else {
            return findings.add(
                "links_left_out", "Links whose names tell of an action or a file were not followed.", place, merging: ""
            )
        }
        guard samples.take(target) else { return }
        samples.declare(target, query: query, nil)
        plan.offer(
            Probe(
                purpose: .sample, address: address, source: place, depth: probe.depth + 1, values: link.values))
    }

    /// A GET should change nothing; some do, and their names say so.
    private static func isAction(_ address: WebAddress) -> Bool {
        address.path.split(separator: "/").contains { segment in
            let words = ASCIIText.lowercased(segment.utf8).split { $0 == "-" || $0 == "_" || $0 == ":" || $0 == "." }
            return words.contains { actions.contains(String($0)) }
        }
    }

    private static func isFile(_ path: String) -> Bool {
        let name = ASCIIText.lowercased(path.utf8)
        return [".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".zip", ".gz", ".csv", ".mp4", ".ico", ".css", ".js"]
            .contains(where: name.hasSuffix)
    }

    /// The names in a query, those that look like names.
    private static func names(in address: WebAddress) -> [String] {
        guard let query = address.target.query else { return [] }
        return query.split(separator: "&").prefix(16).compactMap { part in
            let name = part.prefix { $0 != "=" }
            let isName =
                (1...40).contains(name.utf8.count) && name.utf8.allSatisfy { ASCIIText.isWord($0) || $0 == 0x2D }
            return isName && !PathShape.isValue(String(name)) ? String(name) : nil
        }
    }
}
