import Audit
import NIOCore

/// A part of a call's way, of which the time is taken.
package enum CallStage: String, Sendable, Hashable, CaseIterable {
    /// From the call's arrival to a request that may be sent: finding, binding, rendering, limits.
    case policy
    /// Having the credential in the request, and an access token fetched where that has to be.
    case credential
    /// From sending to the answer: its head where its body is passed on, else all of it.
    case origin
    /// Decoding, taking secrets out, validating, rendering; and passing a streamed body on.
    case answer
    /// All of it, up to the record.
    case total
}

/// Takes the time of each stage of a call; a stage that is entered again adds up.
struct StageClock {
    private let began: NIODeadline
    private var entered: NIODeadline
    private var stage = CallStage.policy
    /// Nanoseconds by stage, in the order of ``CallStage``.
    private var spent: (policy: Int64, credential: Int64, origin: Int64, answer: Int64) = (0, 0, 0, 0)

    init(_ now: NIODeadline) {
        began = now
        entered = now
    }

    /// The call goes on to another stage.
    mutating func enter(_ next: CallStage, _ now: NIODeadline) {
        let nanoseconds = (now - entered).nanoseconds
        switch stage {
        case .policy: spent.policy += nanoseconds
        case .credential: spent.credential += nanoseconds
        case .origin: spent.origin += nanoseconds
        case .answer: spent.answer += nanoseconds
        case .total: break
        }
        entered = now
        stage = next
    }

    /// Microseconds from the call's arrival.
    func total(_ now: NIODeadline) -> Int { Int((now - began).nanoseconds / 1000) }

    /// The times as a record has them: of each stage that the call came to, and the total.
    mutating func times(_ now: NIODeadline) -> [AuditRecord.StageTime] {
        enter(stage, now)
        var times: [AuditRecord.StageTime] = []
        times.reserveCapacity(5)
        let stages: [(CallStage, Int64)] = [
            (.policy, spent.policy), (.credential, spent.credential), (.origin, spent.origin), (.answer, spent.answer),
        ]
        for (stage, nanoseconds) in stages where nanoseconds > 0 {
            times.append(.init(stage.rawValue, microseconds: Int(nanoseconds / 1000)))
        }
        times.append(.init(CallStage.total.rawValue, microseconds: total(now)))
        return times
    }
}
