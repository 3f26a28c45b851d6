import Drafts
import EgressPolicy
import Value

/// Reads an HTTP archive (version 1.2), as browsers and proxies write it, into a draft.
enum HARReader {
    /// More different calls than that are no API that anybody could use.
    private static let mostGroups = 4000

    static func read(_ bytes: [UInt8]) throws(CaptureError) -> Draft {
        let root = try Captures.value(bytes)
        guard let log = root["log"], let entries = log["entries"]?.array else {
            throw CaptureError("This is no HTTP archive: it has no /log/entries.")
        }
        var assembly = DraftAssembly(.har)
        assembly.version = log["version"]?.string.map { String($0.prefix(16)) }
        let calls = entries.enumerated().compactMap { HAREntry($1, at: JSONPointer(["log", "entries", String($0)])) }
        let unread = entries.count - calls.count
        let origin = HARHosts(calls).best
        var passed = HARPassedOver()
        var groups: [EndpointShape] = []
        var offsets: [CallKey: Int] = [:]
        var pointers: [JSONPointer] = []
        for call in calls {
            guard call.isAPICall, call.url.origin == origin else {
                passed.count(call, isOtherHost: call.isAPICall)
                continue
            }
            guard EndpointShape.methods.contains(call.method), let path = PathShape(call.url.path) else {
                passed.unusable += 1
                continue
            }
            let fields = CallCredentials(
                headers: call.headers, query: call.url.query, urlHoldsCredential: call.url.holdsCredential)
            assembly.credentials.add(fields.schemes)
            assembly.scrub.add(fields.secrets)
            let identity = CallIdentity(fields, call.body)
            let key = CallKey(method: call.method, path: path.template().text, identity: identity)
            let offset = offsets[key] ?? groups.count
            guard offset < mostGroups else {
                passed.unusable += 1
                continue
            }
            if offset == groups.count {
                offsets[key] = offset
                groups.append(EndpointShape(method: call.method, path: path, identity: identity))
                pointers.append(call.pointer)
            }
            groups[offset].add(path, fields, call.body, answers: call.answer.map { [$0] } ?? [])
        }
        let merged = VaryingSegments.merge(groups)
        assembly.base = origin.flatMap { try? BaseURL($0.description) }
        assembly.operations = merged.map { shape, index in
            PlannedOperation(
                method: shape.method, path: shape.path.template().text, shape: shape, pointer: pointers[index])
        }
        assembly.findings = passed.findings(unread: unread)
        return assembly.draft()
    }
}

/// What of an archive is no call of the API.
private struct HARPassedOver {
    var unusable = 0
    private var assets = 0
    private var hosts: [String: Int] = [:]
    private static let mostHosts = 20

    mutating func count(_ call: HAREntry, isOtherHost: Bool) {
        guard isOtherHost else {
            assets += 1
            return
        }
        hosts[call.url.origin.description, default: 0] += 1
    }

    func findings(unread: Int) -> [Finding] {
        var findings: [Finding] = []
        let ordered = hosts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (host, count) in ordered.prefix(Self.mostHosts) {
            findings.append(
                Finding(.leftOut, "other_host", "\(count) calls of \(host) were left out: an API has one host."))
        }
        let rest = ordered.dropFirst(Self.mostHosts).reduce(0) { $0 + $1.value }
        if rest > 0 {
            findings.append(Finding(.leftOut, "other_host", "\(rest) calls of further hosts were left out."))
        }
        if assets > 0 {
            findings.append(
                Finding(
                    .leftOut, "no_api_call",
                    "\(assets) requests were left out: pages, scripts, pictures and the like, preflights, "
                        + "and what failed."
                ))
        }
        if unusable + unread > 0 {
            findings.append(
                Finding(
                    .leftOut, "entry_unreadable",
                    "\(unusable + unread) entries were left out: their method or URL is none of an HTTP API, "
                        + "or there are too many."))
        }
        return findings
    }
}
