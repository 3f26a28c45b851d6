import Glibc

/// Waiting on descriptors below 1,024 with nanosecond time-outs, which `poll` lacks.
struct DescriptorSet {
    private var bits = fd_set()
    private var limit: CInt = 0

    /// Adds a descriptor; one of 1,024 or more is passed over.
    mutating func insert(_ descriptor: CInt) {
        let index = Int(descriptor)
        guard index >= 0, index < MemoryLayout<fd_set>.size * 8 else { return }
        withUnsafeMutableBytes(of: &bits) { $0[index / 8] |= 1 << UInt8(index % 8) }
        limit = max(limit, descriptor + 1)
    }

    func contains(_ descriptor: CInt) -> Bool {
        let index = Int(descriptor)
        guard index >= 0, index < MemoryLayout<fd_set>.size * 8 else { return false }
        return withUnsafeBytes(of: bits) { $0[index / 8] & (1 << UInt8(index % 8)) != 0 }
    }

    /// Waits until one of them is readable, and leaves the readable ones in the set; none after the time-out or a
    /// signal. `nil` waits for ever.
    mutating func waitUntilReadable(timeout: Nanoseconds?) throws(LabError) {
        let ready: CInt
        if let timeout {
            var time = timespec(tv_sec: Int(timeout / 1_000_000_000), tv_nsec: Int(timeout % 1_000_000_000))
            ready = pselect(limit, &bits, nil, nil, &time, nil)
        } else {
            ready = pselect(limit, &bits, nil, nil, nil, nil)
        }
        if ready > 0 { return }
        guard ready == 0 || errno == EINTR else { throw .system("cannot wait for packets") }
        bits = fd_set()
    }

    /// Whether a write of up to 4,096 bytes to a pipe would go through at once.
    static func isWritable(_ descriptor: CInt) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1 && poll.revents & Int16(POLLOUT) != 0
    }
}
