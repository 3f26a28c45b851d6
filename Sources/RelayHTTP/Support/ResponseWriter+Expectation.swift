import HTTPTypes
import HummingbirdCore

extension ResponseWriter {
    /// Tells a client that waits for it (`Expect: 100-continue`) to send its body (RFC 9110, section 10.1.1).
    func askForBody(of request: Request) async throws {
        guard let expectation = request.headers[.expect], expectation.lowercased() == "100-continue" else { return }
        try await writeInformationalHead(HTTPResponse(status: .continue))
    }
}
