/// The candidate that `word` most likely means, for "did you mean": at most a third of its letters (and at least one,
/// at most three) away; case, `-` and `_` do not count. Nil when none is near.
package func nearest(_ word: String, among candidates: some Sequence<String>) -> String? {
    let wanted = folded(word)
    guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
        let other = folded(candidate)
        guard other.count <= 64 else { continue }
        let distance = editDistance(wanted, other)
        let allowed = min(3, max(1, max(wanted.count, other.count) / 3))
        guard distance <= allowed, distance < max(wanted.count, other.count), distance < best?.distance ?? .max
        else { continue }
        best = (distance, candidate)
    }
    return best?.candidate
}

private func folded(_ word: String) -> [Character] {
    word.lowercased().map { $0 == "-" ? "_" : $0 }
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, character) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (character == other ? 0 : 1))
            if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
                best = min(best, beforeLast[column - 1] + 1)
            }
            current.append(best)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
