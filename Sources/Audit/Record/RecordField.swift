import Failure

/// A record's fields. A number, once given, keeps its meaning for ever: records are kept for years, and their hashes are
/// over these bytes.
///
/// A record is one version byte (``version``), and then fields of tag, length and value. Tag and length are unsigned
/// LEB128. A value is UTF-8 text, a number as zigzag LEB128, or what its case says. Readers skip tags that they do not
/// know.
enum RecordField: Int, CaseIterable {
    case kind = 1
    case time, requestID, parent, user, token, apiID, apiSlug, endpoint, route, tunnel, connector, session, outcome
    case stage, method, pathTemplate, action, target, upstreamStatus, attempts, requestBytes, responseBytes
    /// Repeated: the length of a stage's name (LEB128), the name, microseconds (zigzag LEB128).
    case times
    case principalKind, principal, ownerKind, owner, node, chain, approval
    /// The record's place in the chain; always the last but one.
    case sequence
    /// The hash of the record before, 32 bytes; always the last.
    case previous

    /// The version byte of records that this code writes.
    static let version: UInt8 = 1

    enum Form {
        case text, number, times, hash
    }

    /// How the value is written.
    var form: Form {
        switch self {
        case .time, .upstreamStatus, .attempts, .requestBytes, .responseBytes, .sequence: .number
        case .times: .times
        case .previous: .hash
        default: .text
        }
    }

    /// The name in the record's JSON text.
    var key: StaticString {
        switch self {
        case .kind: "kind"
        case .time: "time"
        case .requestID: "request_id"
        case .parent: "parent"
        case .user: "user_id"
        case .token: "token_id"
        case .apiID: "api_id"
        case .apiSlug: "api"
        case .endpoint: "endpoint"
        case .route: "route"
        case .tunnel: "tunnel_id"
        case .connector: "connector"
        case .session: "session"
        case .outcome: "outcome"
        case .stage: "stage"
        case .method: "method"
        case .pathTemplate: "path"
        case .action: "action"
        case .target: "target"
        case .upstreamStatus: "upstream_status"
        case .attempts: "attempts"
        case .requestBytes: "request_bytes"
        case .responseBytes: "response_bytes"
        case .times: "times_us"
        case .principalKind: "principal_kind"
        case .principal: "principal"
        case .ownerKind: "owner_kind"
        case .owner: "owner"
        case .node: "node"
        case .chain: "chain"
        case .approval: "approval_id"
        case .sequence: "sequence"
        case .previous: "previous"
        }
    }

    /// The field that a key of the JSON text names.
    static let byKey = Dictionary(uniqueKeysWithValues: allCases.map { ("\($0.key)", $0) })
}

/// Writes a record's bytes.
struct RecordWriter {
    private(set) var bytes: [UInt8]

    init(version: UInt8 = RecordField.version) {
        bytes = []
        bytes.reserveCapacity(384)
        bytes.append(version)
    }

    /// The record but for its place in the chain.
    init(_ record: AuditRecord) {
        self.init()
        add(.kind, record.kind.rawValue)
        add(.time, record.time)
        add(.requestID, record.requestID)
        add(.parent, record.parent)
        add(.user, record.user)
        add(.token, record.token)
        add(.apiID, record.apiID)
        add(.apiSlug, record.apiSlug)
        add(.endpoint, record.endpoint)
        switch record.route {
        case nil: break
        case .direct: add(.route, "direct")
        case .tunnel(let id, let connector, let session):
            add(.route, "tunnel")
            add(.tunnel, id)
            add(.connector, connector)
            add(.session, session)
        }
        add(.outcome, record.outcome)
        add(.stage, record.stage)
        add(.method, record.method)
        add(.pathTemplate, record.pathTemplate)
        add(.action, record.action)
        add(.target, record.target)
        if let status = record.upstreamStatus { add(.upstreamStatus, Int64(status)) }
        if let attempts = record.attempts { add(.attempts, Int64(attempts)) }
        if record.kind != .admin, record.kind != .attempt {
            add(.requestBytes, Int64(record.requestBytes))
            add(.responseBytes, Int64(record.responseBytes))
        }
        if !record.times.isEmpty {
            var value: [UInt8] = []
            value.reserveCapacity(record.times.count * 16)
            for time in record.times {
                LEB128.append(UInt64(time.stage.utf8.count), to: &value)
                value.append(contentsOf: time.stage.utf8)
                LEB128.append(LEB128.zigzag(Int64(time.microseconds)), to: &value)
            }
            add(RecordField.times.rawValue, value)
        }
        add(.principalKind, record.principal?.kind)
        add(.principal, record.principal?.subject)
        add(.ownerKind, record.owner?.kind)
        add(.owner, record.owner?.id)
        add(.node, record.node)
        add(.chain, record.chain)
        add(.approval, record.approval)
    }

    mutating func add(_ field: RecordField, _ text: String?) {
        guard let text else { return }
        LEB128.append(UInt64(field.rawValue), to: &bytes)
        LEB128.append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ field: RecordField, _ number: Int64) {
        let value = LEB128.zigzag(number)
        LEB128.append(UInt64(field.rawValue), to: &bytes)
        bytes.append(LEB128.size(value))
        LEB128.append(value, to: &bytes)
    }

    mutating func add(_ tag: Int, _ value: some Collection<UInt8>) {
        LEB128.append(UInt64(tag), to: &bytes)
        LEB128.append(UInt64(value.count), to: &bytes)
        bytes.append(contentsOf: value)
    }

    /// Ends a record with its place in the chain.
    static func close(_ bytes: inout [UInt8], after chain: AuditChain) {
        let sequence = LEB128.zigzag(chain.sequence + 1)
        bytes.append(UInt8(RecordField.sequence.rawValue))
        bytes.append(LEB128.size(sequence))
        LEB128.append(sequence, to: &bytes)
        bytes.append(UInt8(RecordField.previous.rawValue))
        bytes.append(UInt8(chain.hash.bytes.count))
        bytes.append(contentsOf: chain.hash.bytes)
    }
}

/// Unsigned numbers in groups of seven bits, the lowest first.
enum LEB128 {
    @inline(__always)
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// The number at `offset`, which is moved behind it; nil for one that is cut off, too long, or longer than it need be.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            // The tenth byte has room for one bit.
            if shift == 63, byte > 1 { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return byte == 0 && shift > 0 ? nil : value }
            shift += 7
        }
        return nil
    }

    /// Bytes that a number takes.
    static func size(_ value: UInt64) -> UInt8 {
        UInt8(max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7))
    }

    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}
