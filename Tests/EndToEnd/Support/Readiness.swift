import NIOCore
import NIOHTTP1

/// Waits for a listener of health, by asking it.
enum Readiness {
    static func wait(port: Int, path: String = "/readyz", of process: ChildProcess) async throws {
        do {
            try await eventually("\(path) on port \(port)", within: .seconds(40)) {
                if let end = process.end { throw TestFailure("ended with \(end)") }
                return await answers(port: port, path: path)
            }
        } catch {
            throw TestFailure("\(error); its log ends:\n\(process.logTail)")
        }
    }

    static func answers(port: Int, path: String = "/readyz") async -> Bool {
        let answer = try? await TestClient.send(.GET, "http://127.0.0.1:\(port)\(path)", patience: .seconds(5))
        return answer?.status == 200
    }
}
