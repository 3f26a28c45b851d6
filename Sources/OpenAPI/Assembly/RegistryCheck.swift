import Drafts
import JSONSchema
import Registry
import Value

/// Has the registry read a draft as it will when its owner accepts it, and takes out what it refuses.
struct RegistryCheck {
    /// What is wrong with one endpoint, in the registry's words.
    private(set) var refused: [Int: String] = [:]
    /// The names in `$defs` that had to be given up, with the reasons.
    private(set) var givenUp: [String: String] = [:]
    /// What is wrong with the rest of the draft.
    private(set) var others: [String] = []

    /// The examples that are sound, of endpoints of which some are not.
    private(set) var examples: [Int: [JSON]] = [:]

    /// The endpoints for which no arguments were found that their schemas accept.
    private(set) var impossible: [Int] = []

    private static let mostRounds = 12
    private static let mostImpossible = 200
    /// Shared schemas that may still be gathered for making arguments.
    private var room = 3_000_000

    /// - Parameter endpoints: by their places; each is checked with the others, in few rounds.
    init(_ definition: JSONObject, _ endpoints: [JSON], usesDefs: [String: JSON]) {
        var defs = usesDefs
        for _ in 0..<Self.mostRounds {
            let kept = endpoints.indices.filter { refused[$0] == nil }
            guard !kept.isEmpty else { return }
            var trial = Self.trial(definition)
            trial["endpoints"] = .array(kept.map { endpoints[$0] })
            if !defs.isEmpty {
                trial["$defs"] = .object(JSONObject(defs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
            }
            let context = DefinitionContext(user: "draft", api: "draft", tunnels: nil)
            do throws(DefinitionError) {
                let read = try CustomAPIDefinition(.object(trial), context: context)
                others = []
                for (place, endpoint) in zip(kept, read.endpoints) { check(endpoint, at: place) }
                return
            } catch {
                var isProgress = false
                others = []
                for fault in error.faults {
                    let tokens = fault.pointer.tokens
                    if tokens.first == "endpoints", tokens.count > 1, let index = Int(tokens[1]), index < kept.count {
                        if refused.updateValue(fault.message, forKey: kept[index]) == nil { isProgress = true }
                    } else if tokens.first == "$defs", tokens.count > 1, defs[tokens[1]] != true {
                        defs[tokens[1]] = true
                        givenUp[tokens[1]] = fault.message
                        isProgress = true
                    } else {
                        others.append(fault.description)
                    }
                }
                guard isProgress else { return }
            }
        }
        // What still is refused after so many rounds is not worth more.
        for index in endpoints.indices where refused[index] == nil {
            refused[index] = "The registry refuses the definition: \(others.first ?? "too many faults")."
        }
    }

    private mutating func check(_ endpoint: CompiledEndpoint, at place: Int) {
        checkExamples(endpoint, at: place)
        if !hasArguments(endpoint) { impossible.append(place) }
    }

    /// Beyond its bounds every endpoint is taken to have some.
    private mutating func hasArguments(_ endpoint: CompiledEndpoint) -> Bool {
        guard room > 0, impossible.count < Self.mostImpossible else { return true }
        if endpoint.argumentSchema.mismatches(of: [:], limit: 1).isEmpty { return true }
        let schema = endpoint.selfContainedArguments
        room -= schema["$defs"]?.object?.count ?? 0
        return [SampleWishes.Fullness.none, .some, .all].contains { fullness in
            var samples = SampleGenerator(
                schema, seed: 1, wishes: SampleWishes(fullness: fullness, direction: .request, nodes: 500)
            ) { endpoint.argumentSchema.judge($0, formats: .warn, limit: 8).mismatches.map(\.pointer) }
            return samples.next() != nil
        }
    }

    private mutating func checkExamples(_ endpoint: CompiledEndpoint, at place: Int) {
        guard let all = endpoint.examples?.array else { return }
        let sound = all.filter { example in
            example["arguments"].map { endpoint.argumentSchema.judge($0, formats: .warn, limit: 1).mismatches.isEmpty }
                ?? false
        }
        if sound.count < all.count { examples[place] = sound }
    }

    /// The definition with what only its owner can give.
    private static func trial(_ definition: JSONObject) -> JSONObject {
        var trial = definition
        trial["connection"] = ["base_url": "https://api.example.com"]
        trial["tunnel"] = Draft.tunnel("draft")
        trial["authentication"] = Draft.completed(authentication: trial["authentication"])
        return trial
    }
}
