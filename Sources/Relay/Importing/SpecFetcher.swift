import Egress
import EgressPolicy
import NIOCore
import OpenAPI
import Pipeline
import RelayHTTP
import Traffic

/// Fetches documents for import, through the relay's one way out (S13): the guard that direct calls pass judges the
/// address, and nothing that a document refers to is fetched with it.
struct SpecFetcher: SpecFetching {
    let egress: EgressSwitch

    /// The largest document, in bytes, decoded.
    private static let largest = 16 << 20
    private static let timeout = TimeAmount.seconds(30)

    func fetch(_ url: String, user: String) async throws(Failure) -> ImportFile {
        let address: AbsoluteURL
        do {
            address = try AbsoluteURL(url)
        } catch {
            throw Self.refused("This is not a URL that can be fetched: \(error)")
        }
        guard address.origin.scheme == .https else {
            throw Self.refused("Only https:// URLs are fetched; upload the document instead.")
        }
        var request = EgressRequest(
            origin: address.origin, target: address.target.raw,
            headers: [
                "accept": "application/json, application/yaml, text/yaml, text/plain, */*",
                "accept-encoding": "gzip", "user-agent": "penstock-relay",
            ], isolation: EgressIsolation(user: user), deadline: .now() + Self.timeout)
        request.responseBytes = Self.largest
        request.followRedirects = true
        do {
            return ImportFile(name: url, bytes: try await egress.current.send(request, handle: Self.read))
        } catch let failure as Failure {
            throw failure
        } catch let error as EgressError {
            throw EgressFailure.failure(error)
        } catch {
            throw Failure(.upstreamError, stage: .origin, detail: "The document could not be read whole.", sent: true)
        }
    }

    private static func read(_ response: EgressResponse) async throws -> [UInt8] {
        guard response.status == 200 else {
            throw Failure(
                .upstreamError, stage: .origin, detail: "The document's server did not answer with it.", sent: true,
                upstreamStatus: response.status)
        }
        var limits = DecodingLimits()
        limits.decodedBytes = largest
        var decoder = try BodyDecoder(contentEncoding: response.headers["content-encoding"], limits: limits)
        var document = ByteBuffer()
        func take(_ piece: ByteBuffer?) throws {
            guard let piece else { return }
            var decoded = try decoder.decode(piece)
            document.writeBuffer(&decoded)
        }
        switch response.body {
        case .whole(let bytes): try take(bytes)
        case .streamed(let next): while let piece = try await next() { try take(piece) }
        }
        try decoder.finish()
        return Array(document.readableBytesView)
    }

    private static func refused(_ message: String) -> Failure {
        Failure(
            .invalidRequest, stage: .validation, detail: message, violations: [.init(pointer: "/url", message: message)]
        )
    }
}
