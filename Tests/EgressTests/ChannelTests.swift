import CCurl
import EgressPolicy
import NIOCore
import NIOHTTP1
import Testing

@testable import Egress

/// What lies between a caller and the thread, as values.
@Suite struct ChannelTests {
    private let answer = EgressAnswer(
        status: 200, httpVersion: .http1_1, headers: [:], body: .streamed, remoteAddress: "", isReused: false,
        timings: EgressTimings())
    private let bytes = ByteBuffer(string: "abc")

    private func names(_ channel: inout AnswerChannel) -> [String] {
        var names: [String] = []
        while let step = channel.next() {
            switch step {
            case .answer: names.append("answer")
            case .bytes(let bytes, let resumes): names.append("\(String(buffer: bytes)) \(resumes)")
            }
        }
        if let (error, _) = channel.takeEnd() { names.append("end \(error.map { "\($0.kind)" } ?? "nil")") }
        return names
    }

    @Test func `An answer, its bytes and its end come in this order, once`() {
        var channel = AnswerChannel()
        #expect(names(&channel) == [])
        channel.deliver(answer)
        channel.append(bytes)
        channel.append(bytes)
        channel.end(nil)
        channel.end(EgressError(.cancelled))
        #expect(names(&channel) == ["answer", "abcabc false", "end nil"])
        #expect(names(&channel) == [] && !channel.hasStep && !channel.isEnding)
    }

    @Test func `Bytes that are held back hold the end back, and the connection`() {
        var channel = AnswerChannel()
        let isEarly = channel.pauseConnection()
        channel.hold()
        channel.deliver(answer)
        channel.append(bytes)
        let isPaused = channel.pauseConnection()
        #expect(!isEarly && isPaused && channel.waiting == 3)
        channel.end(EgressError(.connectionReset))
        #expect(names(&channel) == ["answer"])
        channel.release()
        #expect(names(&channel) == ["abc true", "end connectionReset"])
    }

    @Test func `Who gives up gets no more bytes, and never takes a part for the whole`() {
        var channel = AnswerChannel()
        let isOver = channel.discard()
        channel.hold()
        channel.append(bytes)
        channel.end(nil)
        let isOverThen = channel.discard()
        #expect(!isOver && isOverThen && names(&channel) == ["end cancelled"])
        #expect(names(&channel) == [])
    }

    @Test func `A piece of an upload is asked for when the last one has been taken`() {
        var channel = UploadChannel()
        guard case .starved = channel.take(), case .taken(resumes: true) = channel.offer(bytes),
            case .taken(resumes: false) = channel.offer(bytes)
        else { return #expect(Bool(false)) }
        let early = channel.takeWantsMore()
        #expect(!early)
        guard case .bytes(let taken) = channel.take() else { return #expect(Bool(false)) }
        let (asked, again) = (channel.takeWantsMore(), channel.takeWantsMore())
        #expect(taken.readableBytes == 6 && asked && !again)
        let isAwaited = channel.finish()
        guard case .ended = channel.take(), case .closed = channel.offer(bytes) else { return #expect(Bool(false)) }
        #expect(!isAwaited)
    }

    @Test func `An upload that is not wanted any more lets go of who waits`() {
        var channel = UploadChannel()
        _ = channel.offer(bytes)
        channel.close()
        let asked = channel.takeWantsMore()
        guard case .closed = channel.offer(bytes) else { return #expect(Bool(false)) }
        #expect(asked)
    }

    @Test func `A name is told once while it stays, and taken back when nobody needs it and there are many`() {
        var pins = Pins(most: 2)
        #expect(pins.pin("a", 1, .loopback) == ["a:1:127.0.0.1"])
        #expect(pins.pin("a", 1, .loopback) == [])
        #expect(pins.pin("a", 1, .loopback, isCertain: true) == ["a:1:127.0.0.1"])
        #expect(pins.pin("a", 1, .v4(1)) == ["a:1:0.0.0.1"])
        #expect(pins.pin("b", 1, .v6(1)) == ["b:1:[::1]"])
        pins.release("b", 1)
        #expect(pins.pin("c", 1, .loopback) == ["c:1:127.0.0.1", "-b:1"])
        #expect(pins.pin("b", 1, .v6(1)) == ["b:1:[::1]"])
        for _ in 0..<5 { pins.release("a", 1) }
        #expect(pins.pin("d", 1, .loopback) == ["d:1:127.0.0.1", "-a:1"])
    }

    @Test func `Lines are a list in memory that is used again`() throws {
        var list = LineList()
        for names in [["a", "b"], [], (0..<40).map { "x\($0)" }, ["c"]] {
            var request = try EgressRequest.to(80)
            for name in names { request.headers.add(name: name, value: "1") }
            var next = list.fill(try RequestFields(request))
            var lines: [String] = []
            while let node = next {
                lines.append(String(cString: node.pointee.data))
                next = node.pointee.next
            }
            #expect(lines == names.map { "\($0): 1" } + ["Accept:"])
        }
    }
}
