import Failure
import NIOCore
import Synchronization
import Testing
import Vault

@testable import Pipeline

@Suite("C6: access tokens are fetched once, early, and never in a loop")
struct AccessTokenTests {
    private typealias State = AccessTokenState<String, Int>
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let failure = CallFailure(.authenticationFailed, stage: .origin, detail: "refused")

    private func ask(_ state: inout State, rejected: UInt64? = nil, now: NIODeadline) -> String {
        switch state.ask(rejected: rejected, now: now) {
        case .use(let held): "use \(held.token)"
        case .fetch: "fetch"
        case .wait: "wait"
        case .refused: "refused"
        }
    }

    @Test("the first caller fetches, the others wait, and all are woken by the answer")
    func singleFlight() {
        var state = State()
        #expect(ask(&state, now: start) == "fetch")
        #expect(ask(&state, now: start) == "wait")
        let added = [state.add(1), state.add(2)]
        #expect(added == [true, true])
        let woken = state.fetched("a", lifetime: .minutes(60), now: start).woken
        #expect(woken == [1, 2])
        let late = state.add(3)
        #expect(!late)
        #expect(ask(&state, now: start) == "use a")
    }

    @Test("shortly before it expires one caller fetches anew while the others go on with the old one")
    func early() {
        var state = State()
        _ = state.ask(now: start)
        _ = state.fetched("a", lifetime: .minutes(60), now: start)
        let late = start + .minutes(59)
        #expect(ask(&state, now: late - .nanoseconds(1)) == "use a")
        #expect(ask(&state, now: late) == "fetch")
        #expect(ask(&state, now: late) == "use a")
        #expect(ask(&state, now: start + .minutes(60)) == "wait")
    }

    @Test("a short-lived token is used for nine tenths of its life")
    func shortLived() {
        var state = State()
        _ = state.ask(now: start)
        _ = state.fetched("a", lifetime: .seconds(10), now: start)
        #expect(ask(&state, now: start + .seconds(8)) == "use a")
        #expect(ask(&state, now: start + .seconds(9)) == "fetch")
    }

    @Test("an early fetch that fails leaves the token that still holds in use, and is not repeated at once")
    func earlyFailure() {
        var state = State()
        _ = state.ask(now: start)
        _ = state.fetched("a", lifetime: .minutes(60), now: start)
        let late = start + .minutes(59)
        _ = state.ask(now: late)
        let told = state.failed(failure, now: late)
        #expect(told.isEmpty)
        #expect(ask(&state, now: late) == "use a")
        #expect(ask(&state, now: late + .seconds(2)) == "fetch")
    }

    @Test("a token that the API refused is fetched anew, once for all who had it")
    func rejected() {
        var state = State()
        _ = state.ask(now: start)
        let first = state.fetched("a", lifetime: .minutes(60), now: start).held.generation
        #expect(ask(&state, rejected: first, now: start) == "fetch")
        let second = state.fetched("b", lifetime: .minutes(60), now: start).held.generation
        #expect(ask(&state, rejected: first, now: start) == "use b")
        #expect(second != first)
    }

    @Test("C6: an API that refuses every token has no new one fetched for each call")
    func rejectedAgain() {
        var state = State()
        _ = state.ask(now: start)
        let first = state.fetched("a", lifetime: .minutes(60), now: start).held.generation
        #expect(ask(&state, rejected: first, now: start) == "fetch")
        let second = state.fetched("b", lifetime: .minutes(60), now: start).held.generation
        #expect(ask(&state, rejected: second, now: start + .seconds(1)) == "refused")
        #expect(ask(&state, now: start + .seconds(1)) == "use b")
        var taken = state
        taken.accept(second)
        #expect(ask(&taken, rejected: second, now: start + .seconds(1)) == "fetch", "it was good a moment ago")
        #expect(ask(&state, rejected: second, now: start + .seconds(2)) == "fetch")
    }

    @Test("a token endpoint that one caller could not reach in time is asked again for the next one")
    func unreachable() {
        var state = State()
        _ = state.ask(now: start)
        _ = state.failed(CallFailure(.timeout, stage: .origin, detail: "late"), now: start)
        #expect(ask(&state, now: start) == "fetch")
    }

    @Test("what was fetched before the credentials changed serves its own call and no other")
    func forgotten() async throws {
        let tokens = AccessTokens(now: { .uptimeNanoseconds(5) })
        let old = try await tokens.token(of: "api") {
            tokens.forget(api: "api")
            return (Secret(text: "old"), .minutes(5))
        }
        let new = try await tokens.token(of: "api") { (Secret(text: "new"), .minutes(5)) }
        #expect(old.secret.withUTF8 { String(decoding: $0, as: UTF8.self) } == "old")
        #expect(new.secret.withUTF8 { String(decoding: $0, as: UTF8.self) } == "new")
        #expect(old.generation != new.generation)
    }

    @Test("after a refusal the endpoint is left alone, longer each time")
    func refusal() {
        var state = State()
        var now = start
        for pause in [2, 4, 8, 16, 32, 60, 60] as [Int64] {
            #expect(ask(&state, now: now) == "fetch")
            _ = state.failed(failure, now: now)
            now = now + .seconds(pause)
            #expect(ask(&state, now: now - .nanoseconds(1)) == "refused")
        }
        _ = state.ask(now: now)
        _ = state.fetched("a", lifetime: .seconds(1), now: now)
        _ = state.ask(now: now + .seconds(1))
        _ = state.failed(failure, now: now + .seconds(1))
        #expect(ask(&state, now: now + .seconds(3)) == "fetch")
    }

    @Test("when the one who fetches leaves, one of those who wait fetches")
    func abandoned() {
        var state = State()
        _ = state.ask(now: start)
        _ = state.add(1)
        let woken = state.abandoned()
        #expect(woken == [1])
        #expect(ask(&state, now: start) == "fetch")
    }

    @Test("C6: a hundred calls at once make one request to the token endpoint")
    func hundred() async throws {
        let tokens = AccessTokens(now: { .uptimeNanoseconds(5) })
        let fetches = Counter()
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<100 {
                group.addTask { @Sendable in
                    let got = try await tokens.token(of: "api") {
                        fetches.add()
                        for await _ in released { break }
                        return (Secret(text: "t"), .minutes(5))
                    }
                    return got.generation
                }
            }
            release.yield()
            let generations = try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
            #expect(generations.count == 1)
        }
        #expect(fetches.count == 1)
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }

    @Test(
        "token_type in any case and the common misnomers is a bearer token, and expires_in may be text",
        arguments: [
            #""token_type": "bearer""#, #""token_type": "BEARER""#, #""token_type": "BearerToken""#,
            #""token_type": """#, #""token_type": null"#, #""token_type": "Bearer Token""#, #""token_type": "jwt""#,
            #""scope": "a""#,
        ])
    func misnomers(member: String) {
        for (text, lifetime) in [("\"90\"", 90), ("\"90.5\"", 90), ("\" 90 \"", 90), ("90.0", 90)] {
            let body = "{\"access_token\": \"a\", \(member), \"expires_in\": \(text)}"
            #expect(TokenResponse(ByteBuffer(string: body))?.lifetime == .seconds(Int64(lifetime)), "\(body)")
        }
    }

    @Test(
        "a token endpoint's answer may have a byte order mark, a charset, repeated keys, half surrogates, or be a form")
    func tokenTexts() {
        func token(_ bytes: [UInt8], _ type: String) -> String? {
            TokenResponse(ByteBuffer(bytes: bytes), type: type)?.accessToken
        }
        #expect(token([0xEF, 0xBB, 0xBF] + Array(#"{"access_token":"a"}"#.utf8), "application/json") == "a")
        let wide = #"{"access_token":"a"}"#.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(token(wide, "application/json; charset=utf-16le") == "a")
        #expect(token(Array(#"{"access_token":"a","access_token":"b"}"#.utf8), "text/html") == "b")
        #expect(token(Array(#"{"access_token":"a","note":"\ud83d"}"#.utf8), "") == "a")
        #expect(token(Array("access_token=a%2Fb&token_type=bearer".utf8), "application/x-www-form-urlencoded") == "a/b")
    }

    @Test("what is no bearer token that can be sent is refused")
    func responses() {
        func read(_ text: String) -> TokenResponse? { TokenResponse(ByteBuffer(string: text)) }
        #expect(read(#"{"access_token": "a", "token_type": "Bearer", "expires_in": 3600}"#)?.lifetime == .hours(1))
        #expect(read(#"{"access_token": "a", "expires_in": "120"}"#)?.lifetime == .minutes(2))
        #expect(read(#"{"access_token": "a"}"#)?.lifetime == .minutes(5))
        #expect(read(#"{"access_token": "a", "expires_in": -1}"#)?.lifetime == .seconds(1))
        #expect(read(#"{"access_token": "a", "expires_in": 1e300}"#)?.lifetime == .minutes(5))
        #expect(read(#"{"access_token": "a", "refresh_token": "r"}"#)?.refreshToken == "r")
        for text in [
            "", "[]", "{}", #"{"access_token": ""}"#, #"{"access_token": 7}"#, #"{"access_token": "a\r\nb"}"#,
            #"{"access_token": "a", "token_type": "mac"}"#, "access_token=a",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
    }
}
