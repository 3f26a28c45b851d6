import Testing

@testable import RelayHTTP

struct GuardMachineTests {
    @Test("a connection's first head is timed from the start, and later ones from their first byte")
    func headClock() {
        var clock = HeadClock()
        #expect(clock.began() == .start)
        #expect(clock.receivedBytes() == .nothing)
        #expect(!clock.hasSeenHead)
        #expect(clock.receivedHead() == .stop)
        #expect(clock.hasSeenHead)
        #expect(clock.receivedBytes() == .nothing)
        #expect(clock.receivedEnd() == .nothing)
        #expect(clock.receivedBytes() == .start)
        #expect(clock.receivedBytes() == .nothing)
        #expect(clock.receivedHead() == .stop)
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    private static let headersNotEnded: [UInt8] = [0, 0, 2, 1, 1, 0, 0, 0, 1, 0x82, 0x84]
    private static let data: [UInt8] = [0, 0, 2, 0, 4, 0, 0, 0, 1, 1, 2]
    private static let continuation: [UInt8] = [0, 0, 1, 9, 4, 0, 0, 0, 1, 0x86]

    @Test("T15: an HTTP/2 client owes the rest of a preface and of a header block, and nothing else", arguments: 1...60)
    func headWatch(chunk: Int) {
        var watch = HTTP2FrameWatch(isClient: true)
        func receive(_ bytes: [UInt8]) {
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                watch.received(bytes[start..<min(start + chunk, bytes.count)])
            }
        }
        #expect(watch.isWaiting)
        receive(Self.preface)
        #expect(!watch.isWaiting)
        receive(Self.settings)
        #expect(!watch.isWaiting)
        receive(Self.headersNotEnded)
        #expect(watch.isWaiting)
        receive(Self.continuation)
        #expect(!watch.isWaiting)
        receive(Self.data)
        #expect(!watch.isWaiting)
        receive(Array(Self.data.prefix(10)))
        #expect(!watch.isWaiting)
    }
}
