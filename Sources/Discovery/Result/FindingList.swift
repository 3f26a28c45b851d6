/// Findings, those of one kind and cause told once, with the places where they were seen.
struct FindingList: Sendable {
    private struct Key: Hashable {
        var code: String
        var cause: String
    }

    private static let most = 200
    private static let mostOfOne = 20
    private static let mostEvidence = 10
    private(set) var all: [DiscoveryFinding] = []
    private var offsets: [Key: Int] = [:]

    /// - Parameter cause: findings of this code and cause are one.
    mutating func add(
        _ code: String, _ message: String, _ evidence: Evidence?, _ confidence: Confidence = .high,
        merging cause: String? = nil
    ) {
        let key = Key(code: code, cause: cause ?? message)
        if let offset = offsets[key] {
            guard let evidence, all[offset].evidence.count < Self.mostEvidence,
                !all[offset].evidence.contains(evidence)
            else { return }
            all[offset].evidence.append(evidence)
            return
        }
        guard all.count < Self.most, all.count(where: { $0.code == code }) < Self.mostOfOne else { return }
        offsets[key] = all.count
        all.append(DiscoveryFinding(code, message, evidence.map { [$0] } ?? [], confidence))
    }
}
