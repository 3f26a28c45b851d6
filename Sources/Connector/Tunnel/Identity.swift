/// Who this process is to the relay: sessions of one slot follow one another, and a newer epoch fences an older one.
struct Identity: Sendable {
    /// Random, for the life of the process.
    let instance: String

    init() {
        var random = SystemRandomNumberGenerator()
        let digits = String(random.next(), radix: 16)
        instance = String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The name of a slot: each of a connector's sessions is replaced by itself.
    func name(slot: Int) -> String {
        "\(instance)-\(slot)"
    }
}
