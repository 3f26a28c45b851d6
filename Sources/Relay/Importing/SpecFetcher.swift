import Audit
import Egress
import EgressPolicy
import Failure
import NIOCore
import NIOHTTP1
import OpenAPI
import Pipeline
import Redaction
import Registry
import RelayHTTP

/// Fetches documents for import, through the relay's one way out (S13): the guard that direct calls pass judges the
/// address, and nothing that a document refers to is fetched with it.
struct SpecFetcher: SpecFetching {
    let egress: EgressSwitch
    let audit: AuditWriter

    /// The largest document, in bytes, decoded.
    private static let largest = 48 << 20
    private static let timeout = TimeAmount.seconds(30)

    func fetch(_ url: String, for context: CallContext) async throws(CallFailure) -> ImportFile {
        let address: AbsoluteURL
        do {
            address = try AbsoluteURL(url)
        } catch {
            throw Self.refused("This is not a URL that can be fetched: \(error)")
        }
        guard address.origin.scheme == .https else {
            throw Self.refused("Only URLs of https are fetched; upload the document instead.")
        }
        var request = EgressRequest(
            origin: address.origin, target: address.target.raw,
            headers: [
                "accept": "application/json, application/yaml, text/yaml, text/plain, */*",
                "accept-encoding": "gzip", "user-agent": "penstock-relay",
            ], isolation: EgressIsolation(user: context.token.user ?? ""), deadline: .now() + Self.timeout)
        request.followRedirects = true
        let broken = CallFailure(
            .upstreamError, stage: .origin, detail: "The document could not be read whole.", sent: true)
        let bytes = try await RecordedExchange(audit: audit, context: context).run("GET", else: broken) {
            [request] record in
            try await EgressExchange.send(request, through: egress.current, watch: context.watch) { response in
                record.route = response.route
                record.upstreamStatus = response.status
                let bytes = try await Self.read(response)
                record.responseBytes = bytes.count
                return bytes
            }
        }
        return ImportFile(name: url, bytes: bytes)
    }

    private static func read(_ response: InboundResponse) async throws -> [UInt8] {
        guard response.status == 200 else {
            throw CallFailure(
                .upstreamError, stage: .origin, detail: "The document's server did not answer with it.", sent: true,
                upstreamStatus: response.status)
        }
        let (bytes, isCut) = try await DecodedBody.read(response, upTo: largest)
        guard !isCut else {
            throw CallFailure(
                .responseTooLarge, stage: .origin, detail: "The document is larger than \(largest >> 20) MiB.",
                sent: true)
        }
        let charset = MediaType(response.headers.first(name: "content-type") ?? "").charset
        // Descriptions are UTF-8, whatever their server says, unless they are not.
        let text = TextCharset.utf8(ByteBuffer(bytes: bytes), declared: charset, isJSON: true)
        return text.map { Array($0.readableBytesView) } ?? bytes
    }

    private static func refused(_ message: String) -> CallFailure {
        CallFailure(
            .invalidRequest, stage: .validation, detail: message, violations: [.init(pointer: "/url", message: message)]
        )
    }
}
