/// What one stream has received and not yet passed on, and how far its receive window has grown.
struct StreamFlow {
    /// Where a stream's window ends its growth, in bytes.
    static let largestWindow = 4 << 20

    private(set) var window: Int
    /// Bytes received whose credit was not returned.
    private(set) var unconsumed = 0
    /// When its reader last took something, or it began to hold bytes: a count of the session's, not a time.
    private(set) var progress: UInt64 = 0
    private var receivedSinceGrowth = 0

    init(window: Int) {
        self.window = window
    }

    mutating func received(_ bytes: Int, at moment: UInt64) {
        if unconsumed == 0 { progress = moment }
        unconsumed += bytes
        receivedSinceGrowth += bytes
    }

    /// Takes back up to `bytes`; returns how many may be credited.
    mutating func consumed(_ bytes: Int, at moment: UInt64) -> Int {
        progress = moment
        let credit = min(bytes, unconsumed)
        unconsumed -= credit
        return credit
    }

    /// The window's next size, when a whole window came and the reader kept up with it.
    mutating func grow() -> Int? {
        guard window < Self.largestWindow, receivedSinceGrowth >= window, unconsumed <= window / 4 else { return nil }
        window = min(window * 2, Self.largestWindow)
        receivedSinceGrowth = 0
        return window
    }
}
