import Drafts
import Registry
import Testing
import Value

@testable import Drift

@Suite("Whatever is answered")
struct DriftFuzzTests {
    /// Values whose texts all carry one mark, and whose names are words.
    private struct Values {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }

        mutating func value(_ depth: Int = 0) -> JSON {
            switch next(depth < 4 ? 9 : 6) {
            case 0: return .null
            case 1: return .bool(next(2) == 0)
            case 2: return .number(JSONNumber(next(1000)))
            case 3: return .number(JSONNumber(Double(next(1000)) + 0.5))
            case 4: return .string("canary \(next(1000))")
            case 5: return "2026-01-02"
            case 6: return .array((0..<next(4)).map { _ in value(depth + 1) })
            default:
                let names = ["id", "name", "tags", "next", "état", "a/b", "a~b", "$ref", "x%y", "cust_88412", "type"]
                return .object(JSONObject((0..<next(5)).map { _ in (names[next(names.count)], value(depth + 1)) }))
            }
        }

        /// The schema with what is open closed, and parts of it moved to where they are shared.
        mutating func tightened(_ schema: JSON, _ shared: inout JSONObject, depth: Int = 0) -> JSON {
            guard var object = schema.object else { return schema }
            if let properties = object["properties"]?.object {
                var tight = JSONObject()
                for (name, inner) in properties { tight[name] = tightened(inner, &shared, depth: depth + 1) }
                object["properties"] = .object(tight)
                if object["additionalProperties"] == nil, next(2) == 0 { object["additionalProperties"] = false }
            }
            if let items = object["items"] { object["items"] = tightened(items, &shared, depth: depth + 1) }
            if next(5) == 0 { object["enum"] = ["only this"] }
            if next(6) == 0 { object = ["oneOf": [.object(object), ["type": "null"]]] }
            guard next(3) == 0 else { return .object(object) }
            let name = ["Thing \(shared.count)", "a/b\(shared.count)", "T~\(shared.count)", "Ü\(shared.count)"][next(4)]
            shared[name] = .object(object)
            let pointer = "\(JSONPointer(["$defs", name]))".replacing(" ", with: "%20").replacing("Ü", with: "%C3%9C")
            return ["$ref": .string("#" + pointer)]
        }
    }

    @Test(
        "a change is proposed that admits it and holds none of its values, or it is said that there is none",
        arguments: 0..<60)
    func admits(seed: UInt64) throws {
        var values = Values(state: seed &* 7919 &+ 1)
        var shared = JSONObject()
        let schemas = (0..<2).map { _ in
            var inference = SchemaInference()
            inference.add(values.value())
            return values.tightened(inference.schema, &shared)
        }
        let definition: JSON = [
            "name": "API", "slug": "api", "connection": ["base_url": "https://x.example.com"],
            "$defs": .object(shared),
            "endpoints": [
                ["name": "one", "method": "GET", "path": "/one", "response_schema": schemas[0]],
                [
                    "name": "two", "method": "GET", "path": "/two",
                    "response_schema": ["type": "array", "items": ["$ref": "#/endpoints/0/response_schema"]],
                ],
                ["name": "three", "method": "GET", "path": "/three", "response_schema": schemas[1]],
            ],
        ]
        let stored = try Sample.stored(definition)
        let api = try CompiledAPI(stored: stored)
        for name in ["one", "two", "three"] {
            let endpoint = try #require(api.endpoint(named: name))
            let proposer = DriftProposer(api: api, endpoint: endpoint, stored: stored)
            var change = SchemaChange()
            var seen: [JSON] = []
            for _ in 0..<3 {
                let answer = name == "two" ? .array([values.value(), values.value()]) : values.value()
                let mismatches = endpoint.responseSchema?.mismatches(of: answer) ?? []
                guard !mismatches.isEmpty else { continue }
                let kinds = Deviation.Kind.all(of: mismatches, in: answer, of: endpoint)
                #expect(!"\(kinds)".contains("canary") && !"\(kinds)".contains("88412"))
                if !proposer.admits(answer, with: change) { change = proposer.extend(change, for: answer) }
                #expect(change.obstacle == nil, "\(definition.text()) \(answer.text())")
                seen.append(answer)
            }
            guard !seen.isEmpty else { continue }
            let text = (change.edits.map(\.json) + change.parts.map(\.json)).map { $0.text() }.joined()
            #expect(!text.contains("canary") && !text.contains("cust_88412"), "\(text)")
            // As the store keeps it.
            var kept = DriftProposal(
                id: "p", user: "u", api: "a", endpoint: name, base: .init(etag: "", digest: []), firstSeen: 0,
                lastSeen: 0, mismatches: 0, lookedAt: 0, deviations: [], change: SchemaChange())
            var written = kept
            written.change = change
            kept.read(details: try JSON.parse(written.details.text()))
            #expect(kept.change == change)
            var after = stored
            after.definition = try #require(
                DriftProposer.definition(stored, applying: kept.change.edits, to: endpoint))
            let schema = try CompiledAPI(stored: after).endpoint(named: name)?.responseSchema
            for answer in seen {
                #expect(schema?.mismatches(of: answer) == [], "\(definition.text()) \(answer.text())")
            }
        }
    }
}
