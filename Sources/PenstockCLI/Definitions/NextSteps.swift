import NIOHTTP1
import Value

/// What an API that was just stored still needs before calls succeed, and the command that comes next.
struct NextSteps {
    let slug: String
    /// The definition as the relay shows it.
    let stored: JSON
    /// The tunnel that its calls go through, as the relay shows it; nil where there is none, or it is unknown.
    let tunnel: JSON?

    /// Asks the relay for what the definition does not say.
    static func lines(_ slug: String, _ stored: JSON, _ relay: RelayClient) async -> [String] {
        var tunnel: JSON?
        if let id = stored["tunnel"]?["tunnel_id"]?.string, stored["tunnel"]?["type"] == "platform_agent" {
            // The API is stored, whatever becomes of this.
            tunnel = try? await relay.send(.GET, "/v1/tunnels" / id).body
        }
        return NextSteps(slug: slug, stored: stored, tunnel: tunnel).lines
    }

    var lines: [String] {
        var lines: [String] = []
        let fields = (stored["metadata"]?["missing_credentials"]?.array ?? []).compactMap(\.string)
        if !fields.isEmpty {
            let one = (try? CredentialValues.onlyField(of: stored)).map { [$0] == fields } ?? false
            let sources = one ? ["--from-file FILE"] : fields.map { "--from-file \($0)=FILE" }
            let what = fields.count == 1 ? "its credential" : "its credentials"
            lines.append(
                "\(slug) still needs \(what) \(fields.joined(separator: ", ")): "
                    + "penstock credentials set \(slug) \(sources.joined(separator: " "))")
        }
        if let tunnel, tunnel["online"] != true {
            let name = tunnel["name"]?.string ?? tunnel["id"]?.string ?? ""
            let allowed =
                stored["connection"]?["base_url"]?.string.map { " whose file allows \(Self.origin(of: $0))" } ?? ""
            lines.append(
                "No connector holds the tunnel \(name) open. Start one\(allowed): "
                    + "penstock-connector run --config connector.yaml")
        }
        lines.append("\(lines.isEmpty ? "Next" : "Then"): penstock apis test \(slug)")
        return lines.map(\.printable)
    }

    private static func origin(of url: String) -> String {
        guard let mark = url.firstRange(of: "://") else { return url }
        let end = url[mark.upperBound...].firstIndex(of: "/") ?? url.endIndex
        return String(url[..<end])
    }
}
