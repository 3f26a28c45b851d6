import EgressPolicy
import Value

/// Which of an archive's hosts is the API's. A page calls many: its own, those of others, and those that watch it.
struct HARHosts {
    private var scores: [Origin: Int] = [:]
    private var order: [Origin] = []
    private var seen: Set<String> = []
    /// The sites of the pages that were visited.
    private let sites: Set<String>

    /// - Parameter calls: all of the archive.
    init(_ calls: [HAREntry]) {
        sites = Set(calls.filter(\.isPage).map { Self.site($0.url.origin) })
        for call in calls where call.isAPICall { add(call) }
    }

    /// Different calls count, not how often they were made: telemetry is the same call over and over.
    private mutating func add(_ call: HAREntry) {
        let origin = call.url.origin
        if scores[origin] == nil {
            order.append(origin)
            scores[origin] = 0
        }
        let path = PathShape(call.url.path)?.template().text ?? ""
        let hasContent = call.answer.map(Self.isContent) ?? false
        guard seen.insert("\(call.method) \(origin) \(path) \(hasContent)").inserted else { return }
        let weight = !hasContent ? 1 : call.method == "GET" ? 6 : 4
        scores[origin, default: 0] += weight * (sites.contains(Self.site(origin)) ? 3 : 1)
    }

    /// The origin with the highest score, the first of several; one that watches only where there is no other.
    var best: Origin? {
        let others = order.filter { !Self.isTracker($0) }
        let candidates = others.isEmpty ? order : others
        let most = candidates.compactMap { scores[$0] }.max()
        return candidates.first { scores[$0] == most }
    }

    /// Whether an answer holds more than that all went well.
    private static func isContent(_ answer: JSON) -> Bool {
        if let list = answer.array { return !list.isEmpty }
        let words: Set = ["ok", "status", "success", "code", "message", "error", "result", "accepted", "received"]
        return (answer.object ?? [:]).contains { !words.contains($0.key.lowercased()) || $0.value.object != nil }
    }

    /// The last two labels of a name, the address otherwise.
    private static func site(_ origin: Origin) -> String {
        guard case .name(let name) = origin.host else { return origin.host.description }
        return name.split(separator: ".").suffix(2).joined(separator: ".")
    }

    static func isTracker(_ origin: Origin) -> Bool {
        guard case .name(let name) = origin.host else { return false }
        return trackers.contains { name == $0 || name.hasSuffix("." + $0) }
    }

    /// Analytics, advertising, error reporting, consent and support widgets.
    private static let trackers = [
        "google-analytics.com", "analytics.google.com", "googletagmanager.com", "doubleclick.net",
        "googlesyndication.com", "googleadservices.com", "segment.io", "segment.com", "mixpanel.com", "amplitude.com",
        "sentry.io", "browser-intake-datadoghq.com", "browser-intake-datadoghq.eu", "nr-data.net", "newrelic.com",
        "hotjar.com", "hotjar.io", "fullstory.com", "clarity.ms", "bugsnag.com", "rollbar.com", "logrocket.com",
        "logrocket.io", "lr-ingest.io", "launchdarkly.com", "optimizely.com", "heap.io", "heapanalytics.com",
        "cloudflareinsights.com", "facebook.com", "facebook.net", "posthog.com", "plausible.io", "matomo.cloud",
        "statsig.com", "statsigapi.net", "featureassets.org", "braze.com", "appsflyer.com", "adjust.com", "branch.io",
        "rudderstack.com", "snowplowanalytics.com", "onetrust.com", "cookielaw.org", "cookiebot.com", "trustarc.com",
        "criteo.com", "taboola.com", "outbrain.com", "adnxs.com", "adsrvr.org", "amazon-adsystem.com", "pubmatic.com",
        "rubiconproject.com", "scorecardresearch.com", "quantserve.com", "chartbeat.net", "parsely.com", "pendo.io",
        "intercom.io", "intercomcdn.com", "drift.com", "hs-analytics.net", "hubspot.com", "hsforms.com", "pingdom.net",
        "speedcurve.com", "go-mpulse.net", "akstat.io", "omtrdc.net", "demdex.net", "tealiumiq.com", "licdn.com",
        "ads.linkedin.com", "bat.bing.com", "analytics.tiktok.com", "ads-twitter.com", "mc.yandex.ru", "walkme.com",
        "datadoghq-browser-agent.com", "honeycomb.io", "instana.io", "dynatrace.com", "qualtrics.com", "mouseflow.com",
        "crazyegg.com", "smartlook.com", "split.io", "kameleoon.com", "vwo.com", "visualwebsiteoptimizer.com",
    ]
}
