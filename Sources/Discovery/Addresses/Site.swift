import EgressPolicy

/// Which addresses found in documents may be asked.
package enum Reach: String, Sendable {
    /// Scheme, host and port of the base URL only.
    case origin
    /// Also other hosts of the same site, over HTTPS.
    case site
}

/// The site that an origin belongs to: its host's registrable domain, as far as that can be told without the Public
/// Suffix List. Below the hosters named here the site is the host itself; below others, a stranger's host counts as the site's.
struct Site {
    let base: Origin
    private let domain: String?

    /// Suffixes below which strangers register: second levels of countries, and hosters whose customers share one.
    private static let secondLevels: Set<String> = [
        "ac", "co", "com", "edu", "gob", "gouv", "gov", "gv", "ltd", "me", "mil", "ne", "net", "nhs", "nom", "or",
        "org", "plc", "sch",
    ]
    private static let hosters: Set<String> = [
        "amazonaws.com", "appspot.com", "azure-api.net", "azurewebsites.net", "cloudflare.net", "cloudfront.net",
        "fly.dev", "firebaseapp.com", "github.io", "gitlab.io", "herokuapp.com", "netlify.app", "ngrok.io",
        "ngrok-free.app", "onrender.com", "pages.dev", "readme.io", "render.com", "run.app", "trycloudflare.com",
        "vercel.app", "web.app", "windows.net", "workers.dev", "gitbook.io", "stoplight.io", "apigee.net",
    ]

    init(_ base: Origin) {
        self.base = base
        domain = Self.registrable(base.host)
    }

    /// Whether `origin` may be asked.
    func includes(_ origin: Origin, reach: Reach) -> Bool {
        if origin == base { return true }
        guard reach == .site, origin.scheme == .https, origin.port == 443, let domain else { return false }
        return Self.registrable(origin.host) == domain
    }

    private static func registrable(_ host: Host) -> String? {
        guard case .name(let name) = host else { return nil }
        let labels = name.split(separator: ".")
        guard labels.count >= 2, let last = labels.last else { return nil }
        let two = labels.suffix(2).joined(separator: ".")
        if hosters.contains(where: { two == $0 || name.hasSuffix("." + $0) }) { return nil }
        guard last.utf8.count == 2, secondLevels.contains(String(labels[labels.count - 2])) else { return two }
        return labels.count >= 3 ? labels.suffix(3).joined(separator: ".") : nil
    }
}
