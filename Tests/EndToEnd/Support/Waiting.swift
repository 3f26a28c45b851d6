/// Looks again and again until something holds: for states of other processes, which tell nobody when they change.
///
/// - Throws: ``TestFailure`` where it does not within `patience`.
func eventually(
    _ what: String, within patience: Duration = .seconds(20), _ holds: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while true {
        if try await holds() { return }
        guard ContinuousClock.now < deadline else { throw TestFailure("never happened: \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// The same, for something that is to be found.
func eventually<Result>(
    _ what: String, within patience: Duration = .seconds(20), _ find: () async throws -> Result?
) async throws -> Result {
    var found: Result?
    try await eventually(what, within: patience) {
        found = try await find()
        return found != nil
    }
    guard let found else { throw TestFailure("never happened: \(what)") }
    return found
}
