import Lines

/// What the connector's own audit keeps of one call: who was called and how it went, never a query's, header's or
/// body's value.
struct AuditRecord {
    var requestID = ""
    /// ``TunnelField/parentID``: the request id of the call or test that this is an attempt of.
    var parent = ""
    var session = ""
    var origin = ""
    var method = ""
    /// The path without its query.
    var path = ""
    /// `policy` or `connect`: the origin was not called. See ``TunnelProbe``.
    var probe: String?
    var rule: Int?
    var address = ""
    /// What the caller was answered.
    var status = 0
    /// What the origin answered, where it did; the answer's body may have failed afterwards.
    var upstreamStatus: Int?
    /// `allowed`, or the RFC 9209 error type for which the call was refused or failed.
    var error: String?
    var isDenied = false
    var requestBytes = 0
    var responseBytes = 0
    var microseconds = 0

    /// The most bytes of a path that are kept.
    private static let pathLimit = 2048

    /// A target's path, without its query.
    static func path(of target: String) -> String {
        let bytes = target.utf8
        var end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        guard bytes.count > pathLimit || end != bytes.endIndex else { return target }
        if let limit = bytes.index(bytes.startIndex, offsetBy: pathLimit, limitedBy: end) { end = limit }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    func append(to bytes: inout [UInt8], time: [UInt8]) {
        // Taken out, so that it is not copied.
        var buffer: [UInt8] = []
        swap(&buffer, &bytes)
        var line = JSONLine(appendingTo: consume buffer)
        line.add("time", raw: time)
        line.add("request_id", requestID)
        if !parent.isEmpty { line.add("parent", parent) }
        line.add("session", session)
        line.add("origin", origin)
        line.add("method", method)
        line.add("path", path)
        if let probe { line.add("probe", probe) }
        line.add("decision", isDenied ? "denied" : "allowed")
        if let rule { line.add("rule", rule) }
        if !address.isEmpty { line.add("address", address) }
        line.add("status", status)
        if let upstreamStatus { line.add("upstream_status", upstreamStatus) }
        if let error { line.add("error", error) }
        line.add("request_bytes", requestBytes)
        line.add("response_bytes", responseBytes)
        line.add("duration_us", microseconds)
        bytes = line.finish()
    }
}
