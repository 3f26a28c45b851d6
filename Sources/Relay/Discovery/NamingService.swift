import Discovery
import Egress
import EgressPolicy
import Logging
import NIOCore
import NIOHTTP1
import Pipeline
import Settings
import Vault

/// The operator's endpoint that speaks OpenAI's chat completions, as the way of a ``ChatCompletionsNaming``.
enum NamingService {
    private static let timeout = TimeAmount.seconds(60)
    private static let largestAnswer = 1 << 20

    /// A client of its own: the operator names this host, which may well be a private one, and no user does.
    static func client(_ configuration: RelayConfiguration, logger: Logger) throws -> EgressClient {
        var configuration = configuration
        configuration.egress.allowPrivate = try [CIDR("0.0.0.0/0"), CIDR("::/0")]
        return try RelayEgress.client(configuration, logger: logger)
    }

    static func hook(_ settings: RelayConfiguration.LLM, _ egress: EgressSwitch) -> ChatCompletionsNaming {
        ChatCompletionsNaming(model: settings.model) { body throws(NamingError) in
            var headers: HTTPHeaders = ["content-type": "application/json", "accept": "application/json"]
            if let file = settings.apiKeyFile {
                // Read each time, so that a new key needs no restart.
                guard let key = try? readTextFile(file) else {
                    throw NamingError("The naming service's key cannot be read.")
                }
                headers.add(name: "authorization", value: "Bearer \(key)")
            }
            let request = EgressRequest(
                method: "POST", origin: settings.base.origin,
                target: settings.base.pathPrefix + ChatCompletionsNaming.path, headers: headers,
                body: .whole(ByteBuffer(bytes: body)), isolation: EgressIsolation(user: ""),
                deadline: .now() + timeout)
            do {
                return try await EgressExchange.send(request, through: egress.current, watch: CallerWatch()) {
                    response in
                    (response.status, try await DecodedBody.read(response, upTo: largestAnswer).bytes)
                }
            } catch {
                throw NamingError("The naming service does not answer.")
            }
        }
    }
}
