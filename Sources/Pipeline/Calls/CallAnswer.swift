package import Failure
package import NIOHTTP1
package import Value

/// What a call comes to.
package enum CallAnswer: Sendable {
    case tool(ToolAnswer)
    case raw(RawAnswer)
    case failed(CallFailure)
}

/// What a tool call comes back with.
package struct ToolAnswer: Sendable {
    /// One JSON value, serialised.
    package var data: [UInt8]
    package var status: Int
    /// Chosen headers of the API's answer, by name.
    package var headers = JSONObject()
    /// From the call's arrival to its answer, in milliseconds.
    package var latency: Double
    package var warnings: [String]
    /// Where the answer does not match its schema, with `validation: warn`.
    var mismatches: [CallFailure.Violation] = []
    /// What the answer's head says of limits.
    package var fields: [ResponseField] = []
}

/// The head and body to answer a raw request with.
package struct RawAnswer: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: InboundBody
}

/// Whom a call answers. Called on the call's event loop.
package protocol CallSink: AnyObject {
    /// The answer; the record that has to be durable before it is. Called once.
    ///
    /// The body of a raw answer may be streamed: whoever gets one passes it on, and says so with ``Call/passed(_:)``.
    func answered(_ answer: CallAnswer)

    /// A streamed answer is over, and so is its record.
    ///
    /// - Parameter isWhole: false where it cannot be finished: only breaking the connection tells the caller so.
    func ended(isWhole: Bool)
}
