/// Jobs that wait for a few places, taken in turns by user. Pure: the caller runs what it returns.
///
/// At most `share` jobs of one user run at a time, so that whoever has many leaves a place to the others.
struct FairQueue<Job> {
    /// A job that has a place now.
    struct Turn {
        let user: String
        let job: Job
    }

    private let places: Int
    private let share: Int
    private var waiting: [String: [Job]] = [:]
    /// The users who have jobs waiting, in the order of their turns.
    private var turns: [String] = []
    private var running: [String: Int] = [:]
    private var taken = 0

    /// - Parameters:
    ///   - places: jobs that run at a time.
    ///   - share: of these, those of one user.
    init(places: Int, share: Int) {
        self.places = places
        self.share = share
    }

    /// Adds a job; returns the one that is to begin now, if one may.
    mutating func add(_ job: Job, of user: String) -> Turn? {
        if waiting[user]?.isEmpty ?? true { turns.append(user) }
        waiting[user, default: []].append(job)
        return next()
    }

    /// A job of `user` has ended; returns the one that is to begin in its place.
    mutating func ended(_ user: String) -> Turn? {
        taken -= 1
        let left = running[user, default: 1] - 1
        running[user] = left > 0 ? left : nil
        return next()
    }

    private mutating func next() -> Turn? {
        guard taken < places, let place = turns.firstIndex(where: { running[$0, default: 0] < share }) else {
            return nil
        }
        let user = turns.remove(at: place)
        guard var jobs = waiting.removeValue(forKey: user), !jobs.isEmpty else { return nil }
        let job = jobs.removeFirst()
        if !jobs.isEmpty {
            waiting[user] = jobs
            turns.append(user)
        }
        running[user, default: 0] += 1
        taken += 1
        return Turn(user: user, job: job)
    }
}

extension FairQueue.Turn: Sendable where Job: Sendable {}
