import CPCRE2
import Synchronization

/// The working memory of one match after another; at most the patterns' heap limit.
struct MatchData: @unchecked Sendable {
    // Unchecked, since whoever has taken it from the scratch is its only user.
    let pointer: OpaquePointer
}

/// Working memory for patterns, kept for the next validation, so that matching does not allocate.
final class MatchScratch: Sendable {
    private let free = Mutex<[MatchData]>([])
    private static let kept = 8

    deinit {
        free.withLock { free in
            for data in free { pcre2_match_data_free_8(data.pointer) }
        }
    }

    /// Nil only when memory has run out.
    func take() -> MatchData? {
        if let data = free.withLock({ $0.popLast() }) { return data }
        return pcre2_match_data_create_8(1, nil).map { MatchData(pointer: $0) }
    }

    func give(_ data: MatchData?) {
        guard let data else { return }
        let isKept = free.withLock { free in
            guard free.count < Self.kept else { return false }
            free.append(data)
            return true
        }
        if !isKept { pcre2_match_data_free_8(data.pointer) }
    }
}
