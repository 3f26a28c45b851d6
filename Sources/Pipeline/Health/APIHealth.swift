/// How an API is doing, judged by its calls. Pure: time comes in, and what its owner should hear of goes out.
///
/// One failed call is no news: an API is failing after a few in a row with no answer between. What its owner has been told
/// is not told again until it has changed, and the same news at most once in ten minutes, however it flaps.
package struct APIHealth: Sendable {
    package enum Status: String, Sendable, Hashable {
        case active
        case connectionFailing = "connection_failing"
        case authenticationFailing = "authentication_failing"
    }

    /// What one call says of its API.
    enum Observation: Sendable, Hashable {
        case answered
        case noConnection
        case credentialRefused
    }

    package enum Event: String, Sendable, Hashable, CaseIterable {
        case connectionFailing = "connection_failing"
        case authenticationFailing = "authentication_failing"
        case certificateExpiring = "certificate_expiring"
        case recovered
    }

    /// Failures in a row that make a state.
    static let threshold = 3
    /// Microseconds between two of the same news.
    static let quiet: Int64 = 600_000_000
    /// Microseconds between two news of certificates that end.
    static let certificateQuiet: Int64 = 86_400 * 1_000_000
    /// A certificate that ends sooner is news: microseconds.
    static let certificateNotice: Int64 = 14 * 86_400 * 1_000_000

    package private(set) var status = Status.active
    /// Microseconds since 1970; nil before the first call since the start.
    package private(set) var lastUsed: Int64?
    /// When the certificate that the API showed last ends: microseconds since 1970.
    package private(set) var certificateEnds: Int64?
    private var failures: (observation: Observation, count: Int)?
    private var told: [Event: Int64] = [:]
    private var toldCertificate: Int64?
    /// What stands and no owner has been told of: an alert that is configured later is sent for it then.
    package private(set) var untold: [Event: Int64] = [:]

    init() {}

    /// The API's definition or credentials have changed. What failed before proves nothing any more, and that it works
    /// again is for a call to prove.
    mutating func changed() { failures = nil }

    /// Its owner has been told.
    mutating func delivered(_ event: Event) { untold[event] = nil }

    /// A call has ended.
    mutating func observed(_ observation: Observation, now: Int64) -> Event? {
        lastUsed = now
        guard observation != .answered else {
            failures = nil
            guard status != .active else { return nil }
            status = .active
            untold[.connectionFailing] = nil
            untold[.authenticationFailing] = nil
            return tell(.recovered, now)
        }
        let count = failures?.observation == observation ? (failures?.count ?? 0) + 1 : 1
        failures = (observation, count)
        guard count >= Self.threshold else { return nil }
        let next: Status = observation == .noConnection ? .connectionFailing : .authenticationFailing
        guard status != next else { return nil }
        status = next
        let event: Event = next == .connectionFailing ? .connectionFailing : .authenticationFailing
        untold[.connectionFailing] = nil
        untold[.authenticationFailing] = nil
        let isNews = tell(event, now)
        if isNews != nil { untold[event] = now }
        return isNews
    }

    /// The API has shown a certificate that ends then.
    mutating func saw(certificateEnding ends: Int64, now: Int64) -> Event? {
        certificateEnds = ends
        guard ends < now || ends - now < Self.certificateNotice, toldCertificate != ends else { return nil }
        // Several servers behind one name may show several certificates.
        if let last = told[.certificateExpiring], now - last < Self.certificateQuiet { return nil }
        toldCertificate = ends
        told[.certificateExpiring] = now
        untold[.certificateExpiring] = now
        return .certificateExpiring
    }

    private mutating func tell(_ event: Event, _ now: Int64) -> Event? {
        if let last = told[event], now - last < Self.quiet, event != .recovered { return nil }
        // Who has not heard of the failure need not hear of its end.
        if event == .recovered {
            let lastFailure = max(told[.connectionFailing] ?? .min, told[.authenticationFailing] ?? .min)
            guard lastFailure > told[.recovered] ?? .min else { return nil }
        }
        told[event] = now
        return event
    }
}
