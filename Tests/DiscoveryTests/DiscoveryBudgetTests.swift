import Discovery
import EgressPolicy
import Testing
import Value

@Suite struct DiscoveryBudgetTests {
    @Test func `Four requests a second at most`() async throws {
        let clock = JumpingClock()
        let start = clock.now
        let result = try await discover(ScriptedSite([:]), clock: clock)
        let steps = result.requests.count - 1
        #expect(start.duration(to: clock.now) == .milliseconds(250) * steps)
    }

    @Test(arguments: [(429, nil), (429, "7"), (503, "120")] as [(Int, String?)])
    func `A server that asks for fewer requests is left alone`(status: Int, wait: String?) async throws {
        let headers = wait.map { [(name: "retry-after", value: $0)] } ?? []
        let site = ScriptedSite(["/openapi.yaml": ScriptedSite.Page(status: status, headers: headers, body: "no")])
        let result = try await discover(site)
        #expect(site.askedPaths.last == "/openapi.yaml")
        #expect(result.kinds.contains("asked_to_stop"))
        if let wait { #expect(result.text.contains("after \(wait) s")) }
    }

    @Test func `A 503 without more is an answer like others`() async throws {
        let site = ScriptedSite(["/": ScriptedSite.Page(status: 503, body: "no")])
        #expect(try await discover(site).requests.count > 10)
    }

    @Test func `The deadline ends it, and each request is told the time that is left`() async throws {
        let clock = JumpingClock()
        let site = ScriptedSite([:]) { _ in
            clock.advance(by: .seconds(9))
            return .success(.json("{}", status: 404))
        }
        let result = try await discover(site, clock: clock) { $0.deadline = .seconds(20) }
        #expect(result.kinds.contains("deadline_reached"))
        #expect(site.asked.map(\.timeout) == [.seconds(10), .seconds(10), .seconds(2)])
    }

    @Test func `The most bytes end it, and bound each answer`() async throws {
        let body = String(repeating: "x", count: 3000)
        let site = ScriptedSite([:]) { _ in .success(ScriptedSite.Page(body: body)) }
        let result = try await discover(site) {
            $0.bytes = 5000
            $0.bytesOfOne = 4000
        }
        #expect(result.kinds.contains("bytes_spent"))
        #expect(site.asked.map(\.mostBytes) == [4000, 2000])
        #expect(result.requests.map(\.bytes).reduce(0, +) == 5000)
    }

    @Test func `The most requests end it`() async throws {
        let result = try await discover(ScriptedSite([:])) { $0.requests = 5 }
        #expect(result.requests.count == 5 && result.kinds.contains("requests_spent"))
    }

    @Test func `One silent answer among others does not end it`() async throws {
        let site = ScriptedSite(["/swagger.json": .json(petDocument)]) { request in
            request.address.path.count % 2 == 0
                ? .failure(DiscoveryFetchError(.timeout, "No answer in time.")) : .success(.json("{}", status: 404))
        }
        #expect(try await discover(site).candidates.count == 1)
    }

    @Test func `Cancelling gives back what was found until then`() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await discover(ScriptedSite([:]))
        }
        let result = try await task.value
        #expect(result.requests.isEmpty && result.kinds.contains("cancelled"))
    }

    @Test func `The answer says that it is experimental, and of each request what came of it`() async throws {
        let json = try await discover(ScriptedSite(["/openapi.json": .json(petDocument)])).json()
        #expect(json.object?.keys == ["experimental", "drafts", "requests", "findings"])
        #expect(json["experimental"] == true)
        #expect(json["drafts"]?[0]?["draft"]?["definition"]?["endpoints"]?.array?.count == 3)
        #expect(json["drafts"]?[0]?["evidence"]?[0]?["path"] == "/openapi.json")
        #expect(json["requests"]?[0]?["purpose"] == "root")
        #expect(json["findings"]?[0]?["evidence"] != nil)
    }
}
