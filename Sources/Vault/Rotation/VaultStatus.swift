/// What a vault holds, for `vault status`: counts and terms, never a value.
package struct VaultStatus: Sendable, Hashable {
    /// The term of the master key that wraps new keys.
    package var masterTerm: UInt32
    /// Whether a rotation of the master key has begun and not ended.
    package var isRotatingMasterKey: Bool
    /// Whether a rotation of all users' keys has begun and not ended.
    package var isRotatingUserKeys: Bool
    package var counts: VaultCounts
    /// Users whose keys and records are in memory.
    package var cachedUsers: Int
}

/// What a rotation has done.
package struct VaultRotationReport: Sendable, Hashable {
    /// A user whose records could not be moved, and why.
    package struct Failure: Sendable, Hashable {
        package var user: String
        package var reason: String
    }

    /// Users whose keys are new, or newly wrapped.
    package var users = 0
    /// Values sealed anew.
    package var records = 0
    /// Values that were already damaged, and are left as they were.
    package var damaged = 0
    /// Users passed over, at most 100.
    package var failures: [Failure] = []

    static let failureLimit = 100
}

/// A version of a credential, without its value.
package struct VaultVersion: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// What `open` gives.
        case current
        /// What `openPrevious` gives until then, in microseconds since 1970.
        case overlapping(until: Int64)
        /// No longer usable; its value is destroyed, or is with the next write.
        case retired
    }

    package var field: String
    package var version: UInt64
    /// When it was set, in microseconds since 1970; `nil` for one from before versions were kept.
    package var created: Int64?
    package var state: State
    /// The term of the user's key that seals it, or last sealed it.
    package var keyTerm: UInt32
}
