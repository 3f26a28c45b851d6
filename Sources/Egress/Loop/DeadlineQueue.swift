import NIOCore

/// What is due when, earliest first: a binary heap. An entry is not moved when its owner's deadline does; the owner
/// looks when it comes up, and enters itself again.
struct DeadlineQueue<Key> {
    private var heap: [(due: NIODeadline, key: Key)] = []

    var first: NIODeadline? { heap.first?.due }

    mutating func insert(_ key: Key, due: NIODeadline) {
        heap.append((due, key))
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].due < heap[parent].due else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    /// Takes out the first key that is due at `now`.
    mutating func pop(dueBy now: NIODeadline) -> Key? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if heap[child].due < heap[least].due { least = child }
            }
            guard least != index else { return first.key }
            heap.swapAt(index, least)
            index = least
        }
    }
}
