import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import HTTP1

/// What a connection's bytes came to.
struct Outcome: Equatable, CustomStringConvertible {
    struct Request: Equatable {
        var method: String
        var target: String
        var version: HTTPVersion
        var fields: [String]
        var body: [UInt8] = []
        var trailers: [String] = []
        var hasEnded = false
    }

    var requests: [Request] = []
    var fault: RequestFault?
    var unread = 0
    /// Parts that came where none of their kind can.
    var misplaced = 0

    var isWhole: Bool { fault == nil && unread == 0 && requests.allSatisfy(\.hasEnded) }

    var description: String {
        requests.map {
            "\($0.method) \($0.target) \($0.fields) \(String(decoding: $0.body, as: UTF8.self)) \($0.trailers) \($0.hasEnded)"
        }.joined(separator: " | ") + " unread \(unread) \(fault?.detail ?? "")"
    }

    mutating func take(_ part: HTTPServerRequestPart) {
        func text(_ fields: HTTPHeaders) -> [String] {
            fields.map { "\($0.name): \(Self.withoutBlanksBehind($0.value))" }
        }
        switch part {
        case .head(let head):
            if requests.last?.hasEnded == false { misplaced += 1 }
            requests.append(
                Request(
                    method: head.method.rawValue, target: head.uri, version: head.version,
                    fields: text(head.headers)))
        case .body(let bytes):
            if requests.last?.hasEnded != false { misplaced += 1 }
            if !requests.isEmpty { requests[requests.count - 1].body += bytes.readableBytesView }
        case .end(let trailers):
            if requests.last?.hasEnded != false { misplaced += 1 }
            guard !requests.isEmpty else { return }
            requests[requests.count - 1].hasEnded = true
            requests[requests.count - 1].trailers = text(trailers ?? [:])
        }
    }

    /// NIO's decoder leaves those blanks.
    private static func withoutBlanksBehind(_ value: String) -> String {
        String(decoding: value.utf8.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed(), as: UTF8.self)
    }

    /// What our decoder makes of the pieces, given one after the other.
    static func ours(_ pieces: [[UInt8]], limits: RequestDecoder.Limits = .init()) -> Outcome {
        var decoder = RequestDecoder(limits: limits)
        var outcome = Outcome()
        do throws(RequestFault) {
            for piece in pieces {
                decoder.append(ByteBuffer(bytes: piece))
                while let part = try decoder.next() { outcome.take(part) }
            }
            outcome.unread = decoder.unread
        } catch {
            outcome.fault = error
        }
        return outcome
    }

    static func ours(_ text: String, limits: RequestDecoder.Limits = .init()) -> Outcome {
        ours([Array(text.utf8)], limits: limits)
    }

    /// What NIO's decoder (llhttp) makes of the bytes; nil for what it takes for no request.
    static func nio(_ bytes: [UInt8]) -> Outcome? {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
        defer { _ = try? channel.finish() }
        var outcome = Outcome()
        do {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { outcome.take(part) }
        } catch {
            return nil
        }
        return outcome
    }
}

/// Sebastiano Vigna's SplitMix64: the same numbers in each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}
