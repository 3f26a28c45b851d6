import NIOCore

/// Calls that have something for their event loops, gathered over a turn of the thread: each loop is woken once for all of
/// them. Belongs to the thread.
final class Mail {
    private var boxes: [(loop: any EventLoop, calls: [EgressCall])] = []

    func add(_ call: EgressCall, for loop: any EventLoop) {
        for index in boxes.indices where boxes[index].loop === loop {
            boxes[index].calls.append(call)
            return
        }
        boxes.append((loop, [call]))
    }

    func send() {
        if boxes.isEmpty { return }
        for (loop, calls) in boxes {
            loop.execute {
                for call in calls { call.drain() }
            }
        }
        boxes.removeAll(keepingCapacity: true)
    }
}
