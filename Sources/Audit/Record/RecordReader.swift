import Failure

/// Goes through a record's fields in place, without copying them.
struct RecordReader: IteratorProtocol {
    struct Field {
        let tag: Int
        let value: UnsafeRawBufferPointer

        var number: Int64? {
            var offset = 0
            guard let value = LEB128.read(self.value, at: &offset), offset == self.value.count else { return nil }
            return LEB128.unzigzag(value)
        }

        /// Nil where it is not UTF-8.
        var text: String? { String(validating: value, as: UTF8.self) }
    }

    private let bytes: UnsafeRawBufferPointer
    private var offset: Int
    /// The record's version byte.
    let version: UInt8
    /// Whether what stood before does not follow the form.
    private(set) var isBroken = false

    /// Nil for no bytes.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let version = bytes.first else { return nil }
        self.bytes = bytes
        self.version = version
        offset = 1
    }

    /// The next field; nil at the end, and where the form is not followed.
    @inline(__always)
    mutating func next() -> Field? {
        guard offset < bytes.count else { return nil }
        guard let tag = LEB128.read(bytes, at: &offset), let length = LEB128.read(bytes, at: &offset),
            let tag = Int(exactly: tag), let length = Int(exactly: length), length <= bytes.count - offset
        else {
            isBroken = true
            offset = bytes.count
            return nil
        }
        defer { offset += length }
        return Field(tag: tag, value: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
    }
}

/// What a search looks at, in place.
struct RecordView {
    private static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    var kind = none
    var time: Int64 = 0
    var requestID = none
    var user = none
    var apiID = none
    var endpoint: UnsafeRawBufferPointer?
    var outcome = none
    var upstreamStatus: Int64?
    var sequence: Int64 = 0
    var previous = none

    /// Nil for bytes that are not a record, and for a record without its place in the chain.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard var reader = RecordReader(bytes) else { return nil }
        while let field = reader.next() {
            guard let known = RecordField(rawValue: field.tag) else { continue }
            switch known {
            case .kind: kind = field.value
            case .time:
                guard let number = field.number else { return nil }
                time = number
            case .requestID: requestID = field.value
            case .user: user = field.value
            case .apiID: apiID = field.value
            case .endpoint: endpoint = field.value
            case .outcome: outcome = field.value
            case .upstreamStatus: upstreamStatus = field.number
            case .sequence:
                guard let number = field.number else { return nil }
                sequence = number
            case .previous: previous = field.value
            default: break
            }
        }
        guard !reader.isBroken, previous.count == AuditHash.byteCount, AuditChain.positions.contains(sequence),
            sequence > 0
        else { return nil }
    }
}

extension AuditRecord {
    /// Reads a record's bytes; unknown fields are skipped. Nil for bytes that are not a record.
    init?(bytes: UnsafeRawBufferPointer) {
        guard var reader = RecordReader(bytes) else { return nil }
        self.init(kind: .call, time: 0, requestID: "", outcome: "")
        var kind: Kind?
        var (route, tunnel, connector, session): (String?, String?, String?, String?)
        var (principalKind, principal, ownerKind, owner): (String?, String?, String?, String?)
        while let field = reader.next() {
            guard let known = RecordField(rawValue: field.tag) else { continue }
            switch known {
            case .kind: kind = field.text.flatMap(Kind.init)
            case .time: time = field.number ?? 0
            case .requestID: requestID = field.text ?? ""
            case .parent: parent = field.text
            case .user: user = field.text
            case .token: token = field.text
            case .apiID: apiID = field.text
            case .apiSlug: apiSlug = field.text
            case .endpoint: endpoint = field.text
            case .route: route = field.text
            case .tunnel: tunnel = field.text
            case .connector: connector = field.text
            case .session: session = field.text
            case .outcome: outcome = field.text ?? ""
            case .stage: stage = field.text
            case .method: method = field.text
            case .pathTemplate: pathTemplate = field.text
            case .action: action = field.text
            case .target: target = field.text
            case .upstreamStatus: upstreamStatus = field.number.flatMap { Int(exactly: $0) }
            case .attempts: attempts = field.number.flatMap { Int(exactly: $0) }
            case .requestBytes: requestBytes = field.number.flatMap { Int(exactly: $0) } ?? 0
            case .responseBytes: responseBytes = field.number.flatMap { Int(exactly: $0) } ?? 0
            case .times: times = StageTime.read(field.value) ?? []
            case .principalKind: principalKind = field.text
            case .principal: principal = field.text
            case .ownerKind: ownerKind = field.text
            case .owner: owner = field.text
            case .node: node = field.text
            case .chain: chain = field.text
            case .approval: approval = field.text
            case .sequence, .previous: break
            }
        }
        guard !reader.isBroken, let kind else { return nil }
        self.kind = kind
        switch route {
        case "direct": self.route = .direct
        case "tunnel": self.route = .tunnel(id: tunnel ?? "", connector: connector, session: session)
        default: break
        }
        if let principalKind, let principal { self.principal = Principal(kind: principalKind, subject: principal) }
        if let ownerKind, let owner { self.owner = Owner(kind: ownerKind, id: owner) }
    }
}

extension AuditRecord.StageTime {
    /// Reads the value of ``RecordField/times``; nil where it does not follow its form.
    static func read(_ value: UnsafeRawBufferPointer) -> [Self]? {
        var times: [Self] = []
        var offset = 0
        while offset < value.count {
            guard let length = LEB128.read(value, at: &offset).flatMap({ Int(exactly: $0) }),
                length <= value.count - offset,
                let name = String(
                    validating: UnsafeRawBufferPointer(rebasing: value[offset..<offset + length]), as: UTF8.self)
            else { return nil }
            offset += length
            guard let number = LEB128.read(value, at: &offset).flatMap({ Int(exactly: LEB128.unzigzag($0)) }) else {
                return nil
            }
            times.append(Self(name, microseconds: number))
        }
        return times
    }
}
