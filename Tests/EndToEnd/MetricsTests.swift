import NIOHTTP1
import Relay
import Testing
import Value

@Suite("The relay's metrics", .serialized, .timeLimit(.minutes(2)))
struct MetricsTests {
    /// What the interface promises, whatever the list says.
    private static let promised: [String: Set<String>] = [
        "penstock_calls_total": ["route", "outcome"], "penstock_call_seconds": ["route", "stage"],
        "penstock_tunnel_sessions": [], "penstock_tunnel_streams": [], "penstock_tunnel_rtt_seconds": [],
        "penstock_tunnel_reconnects_total": [], "penstock_egress_connections": [], "penstock_audit_queue": [],
        "penstock_vault_opens_total": [], "penstock_build_info": ["version"],
    ]

    private struct Sample {
        let name: String
        var labels: [String: String] = [:]
        let value: Double

        init?(_ line: Substring) {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                return nil
            }
            self.value = value
            let front = line[..<space]
            name = String(front.prefix { $0 != "{" })
            for pair in front.dropFirst(name.count).trimmingPrefix("{").split(separator: ",") {
                let parts = pair.split(separator: "=")
                guard parts.count == 2 else { return nil }
                labels[String(parts[0])] = parts[1].filter { $0 != "\"" && $0 != "}" }
            }
        }
    }

    @Test("all metrics of the list are in a scrape, with the labels it names and true values, and no others are")
    func scrape() async throws {
        let scene = try await TwoRoutes.make()
        for route in TestRoute.allCases {
            try await scene.apply(route, route.rawValue, authentication: Definitions.apiKey("a-key-of-sorts"))
            for _ in 0..<3 { #expect(try await scene.call(route.rawValue).status == 200) }
            _ = try await scene.call(route.rawValue, "status", ["code": 500])
        }
        expectProblem(try await scene.call("nowhere"), "UNKNOWN_API", 404)
        let text = try await scene.relay.metrics()
        let lines = text.split(separator: "\n")
        let samples = try lines.filter { !$0.hasPrefix("#") }.map { line in
            try #require(Sample(line), "\(line)")
        }
        let families = Dictionary(uniqueKeysWithValues: MetricFamily.all.map { ($0.name, $0) })
        for (name, labels) in Self.promised {
            #expect(families[name].map { Set($0.labels) } == labels, "\(name)")
        }
        for family in MetricFamily.all {
            #expect(lines.contains { $0 == "# TYPE \(family.name) \(family.kind.rawValue)" }, "\(family.name)")
            #expect(lines.contains { $0.hasPrefix("# HELP \(family.name) ") }, "\(family.name)")
        }
        #expect(lines.count { $0.hasPrefix("# TYPE") } == MetricFamily.all.count)
        for sample in samples {
            var name = sample.name
            var labels = Set(sample.labels.keys)
            if families[name] == nil {
                for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
                    name = String(name.dropLast(suffix.count))
                    labels.remove("le")
                    #expect(families[name]?.kind == .histogram, "\(sample)")
                    break
                }
            }
            #expect(families[name].map { Set($0.labels) } == labels, "\(sample)")
        }
        func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
            samples.first { $0.name == name && $0.labels == labels }?.value
        }
        for route in TestRoute.allCases.map(\.rawValue) {
            #expect(value("penstock_calls_total", ["route": route, "outcome": "OK"]) == 3)
            #expect(value("penstock_calls_total", ["route": route, "outcome": "UPSTREAM_ERROR"]) == 1)
            for stage in ["total", "origin"] {
                #expect(value("penstock_call_seconds_count", ["route": route, "stage": stage]) ?? 0 >= 3, "\(stage)")
                #expect(
                    value("penstock_call_seconds_bucket", ["route": route, "stage": stage, "le": "+Inf"])
                        == value("penstock_call_seconds_count", ["route": route, "stage": stage]))
            }
        }
        #expect(value("penstock_calls_total", ["route": "none", "outcome": "UNKNOWN_API"]) == 1)
        #expect(value("penstock_vault_opens_total") ?? 0 >= 8)
        #expect(value("penstock_tunnel_sessions") ?? 0 >= 1)
        let connections = value("penstock_egress_connections") ?? 0
        #expect(connections >= 1 && connections < Double(scene.origin.connections), "\(text)")
        try await scene.end()
    }
}
