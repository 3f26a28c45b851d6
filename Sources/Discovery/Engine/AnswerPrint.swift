import Value

/// What two answers must have in common to be the same page for our purpose: a server that answers everything with 200
/// has said nothing about what exists.
struct AnswerPrint: Sendable, Equatable {
    private enum Shape: Sendable, Equatable {
        case tags([String])
        case keys([String])
        case bytes([UInt8])
    }

    private let kind: MediaKind
    private let shape: Shape

    /// Nil for answers that are no success: they tell themselves.
    init?(_ response: DiscoveryResponse) {
        guard (200..<300).contains(response.status) else { return nil }
        kind = MediaKind(response)
        switch kind {
        case .html: shape = .tags(HTMLPage(Array(response.body.prefix(64 << 10))).skeleton)
        case .json:
            if let object = (try? JSON.parse(response.body, limits: .discovery))?.object {
                shape = .keys(object.keys.sorted())
            } else {
                shape = .bytes(Array(response.body.prefix(1024)))
            }
        case .yaml, .script, .linkset, .other: shape = .bytes(Array(response.body.prefix(1024)))
        }
    }
}

extension JSONLimits {
    /// For answers of strangers.
    static let discovery = JSONLimits(depth: 64, bytes: 16 << 20, nodes: 500_000, stringBytes: 4 << 20)
}
