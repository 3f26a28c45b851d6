import Value

/// A record's JSON text, still open at its end: the writer adds sequence and previous hash once they are known.
struct AuditText {
    private(set) var bytes: [UInt8] = []

    init(_ record: AuditRecord) {
        bytes.reserveCapacity(640)
        bytes += #"{"kind":""#.utf8
        bytes += record.kind.rawValue.utf8
        bytes += #"","time":""#.utf8
        bytes += Timestamp.text(microseconds: record.time).utf8
        bytes.append(UInt8(ascii: "\""))
        add(#","request_id":"#, record.requestID)
        add(#","parent":"#, record.parent)
        add(#","user_id":"#, record.user)
        add(#","token_id":"#, record.token)
        add(#","api_id":"#, record.apiID)
        add(#","api":"#, record.apiSlug)
        add(#","endpoint":"#, record.endpoint)
        switch record.route {
        case nil: break
        case .direct: bytes += #","route":"direct""#.utf8
        case .tunnel(let id, let connector, let session):
            bytes += #","route":"tunnel""#.utf8
            add(#","tunnel_id":"#, id)
            add(#","connector":"#, connector)
            add(#","session":"#, session)
        }
        add(#","outcome":"#, record.outcome)
        add(#","stage":"#, record.stage)
        add(#","method":"#, record.method)
        add(#","path":"#, record.pathTemplate)
        add(#","action":"#, record.action)
        add(#","target":"#, record.target)
        add(#","upstream_status":"#, record.upstreamStatus)
        add(#","attempts":"#, record.attempts)
        if record.kind != .admin, record.kind != .attempt {
            add(#","request_bytes":"#, record.requestBytes)
            add(#","response_bytes":"#, record.responseBytes)
        }
        addTimes(record.times)
    }

    /// The whole text of the record at `sequence`, after the record whose hash is `previous`.
    consuming func closed(sequence: Int64, previous: AuditHash) -> [UInt8] {
        bytes += #","sequence":"#.utf8
        bytes += String(sequence).utf8
        bytes += #","previous":""#.utf8
        previous.appendHex(to: &bytes)
        bytes += #""}"#.utf8
        return bytes
    }

    private mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        key.withUTF8Buffer { bytes += $0 }
        JSON.string(value).write(into: &bytes)
    }

    private mutating func add(_ key: StaticString, _ value: Int?) {
        guard let value else { return }
        key.withUTF8Buffer { bytes += $0 }
        bytes += String(value).utf8
    }

    private mutating func addTimes(_ times: [AuditRecord.StageTime]) {
        guard !times.isEmpty else { return }
        bytes += #","times_us":{"#.utf8
        for (index, time) in times.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSON.string(time.stage).write(into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            bytes += String(time.microseconds).utf8
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
