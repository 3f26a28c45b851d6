/// The known key closest to a mistyped one, if any is close enough to be meant.
///
/// - Parameter most: how many letters may differ at most, beside a third of the key.
package func nearest(to key: String, among known: [String], within most: Int = .max) -> String? {
    let limit = min(most, max(1, key.count / 3))
    return known.map { (key: $0, distance: editDistance(key, $0)) }
        .filter { $0.distance <= limit }
        .min { $0.distance < $1.distance }?
        .key
}

/// Levenshtein's distance, for texts of at most 64 characters; more for longer ones.
private func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().utf8)
    let right = Array(right.lowercased().utf8)
    guard left.count <= 64, right.count <= 64 else { return .max }
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in right.enumerated() {
            let substituted = diagonal + (byte == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
        }
    }
    return row[right.count]
}
