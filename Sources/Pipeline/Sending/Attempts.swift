import Audit
import Failure
import Registry

/// The attempts of one call. A call that is sent once is its own record; once it is sent again, each attempt is a record
/// of its own whose parent is the call, here and with the connector that carries it.
struct Attempts {
    /// How one attempt ended.
    struct End {
        var route: AuditRecord.Route?
        var status: Int?
        /// Whether the answer says that the API has had too many requests.
        var isRateLimited = false
        var failure: CallFailure?
    }

    private let call: AuditRecord
    /// Attempts begun.
    private(set) var count = 0
    /// Under which request id the last one goes: the first under the call's own.
    private(set) var id: String
    private var end: End?

    /// - Parameter call: what is known of the call by now.
    init(of call: AuditRecord) {
        self.call = call
        id = call.requestID
    }

    /// The way that the last attempt took, as far as it went.
    var route: AuditRecord.Route? { end?.route }

    /// What the last one is part of, where its own id does not say so.
    var parent: String? { count > 1 ? call.requestID : call.parent }

    /// Another attempt begins: the record of the one before, which is owed now.
    mutating func begin() -> AuditRecord? {
        let owed = count > 0 ? record : nil
        count += 1
        if count > 1 { id = RequestID.generate().description }
        end = nil
        return owed
    }

    mutating func ended(_ end: End) { self.end = end }

    /// No other attempt follows: the record of the last one, where the call's own does not tell of it.
    func last() -> AuditRecord? { count > 1 ? record : nil }

    private var record: AuditRecord {
        var record = call
        record.kind = .attempt
        record.requestID = id
        record.parent = call.requestID
        record.times = []
        record.requestBytes = 0
        record.route = end?.route ?? call.route
        record.upstreamStatus = end?.status ?? end?.failure?.upstreamStatus
        if let failure = end?.failure {
            record.outcome = failure.code.rawValue
            record.stage = failure.stage?.rawValue
        } else if let end, let status = end.status {
            record.note(Judge.code(ofError: status, isRateLimited: end.isRateLimited))
        }
        return record
    }
}

extension AuditRecord {
    /// Takes down how far a failed call came.
    mutating func note(_ failure: CallFailure) {
        route = failure.route ?? route
        if failure.attempts > 1 { attempts = failure.attempts }
    }

    /// Takes down what an API's answer stands for; nil where it is no error.
    mutating func note(_ code: ErrorCode?) {
        guard let code else { return }
        outcome = code.rawValue
        stage = Stage.origin.rawValue
    }
}

extension APIRoute {
    /// As a record has it before a session was found.
    var chosen: AuditRecord.Route { tunnel.map { .tunnel(id: $0, connector: nil, session: nil) } ?? .direct }
}
