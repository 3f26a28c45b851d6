import Drafts
import EgressPolicy
import Failure
import JSONSchema
import NIOCore
import NIOHTTP1
import Pipeline
import Registry
import Value

/// Makes arguments for an operation and prints the requests they come to.
struct RequestLines {
    /// One kind of arguments.
    private struct Kind {
        let name: String
        let fullness: SampleWishes.Fullness
        let isNasty: Bool
    }

    let document: String
    let seed: UInt64
    let api: CompiledAPI

    private static let kinds = [
        Kind(name: "required", fullness: .none, isNasty: false), Kind(name: "all", fullness: .all, isNasty: false),
        Kind(name: "nasty", fullness: .some, isNasty: true), Kind(name: "nastier", fullness: .all, isNasty: true),
    ]
    private static let mild = ["a", "Z", "7", "-", "_", "~"]
    private static let reserved = ["?", "#", "%", "&", "+", "$", "!", "*", "'", "(", ")", ":", "@", "%20", "%2F", "+"]
    private static let separators = [" ", ",", "=", ";", "|", "\t"]
    private static let brackets = ["[", "]", "{", "}", "\"", "<", ">", "^", "`"]
    private static let unicode = ["é", "ß", "日本", "😀", "e\u{301}", "\u{a0}", "ا"]
    private static let slashes = ["/", "\\"]
    /// What may go nearly everywhere, and then less and less: places and styles refuse what they cannot carry.
    private static let nasty: [[String]] = [
        mild + reserved + separators + brackets + unicode + slashes, mild + reserved + separators + brackets + unicode,
        mild + reserved + separators + brackets, mild + reserved + brackets + unicode, mild + reserved + [";"], mild,
    ]

    mutating func add(_ operation: DraftOperation, _ endpoint: CompiledEndpoint) {
        var written: Set<JSON> = []
        var isPossible = false
        let schema = endpoint.selfContainedArguments
        let formats = api.argumentFormats
        defer {
            if !isPossible {
                let isReported = operation.findings.contains { $0.code == "arguments_not_found" }
                print(
                    ([
                        "kind": "impossible", "path": .string(operation.path), "method": .string(operation.method),
                        "reported": .bool(isReported),
                    ] as JSON).text())
            }
        }
        for (number, kind) in Self.kinds.enumerated() {
            var line: JSONObject = [
                "kind": "request", "document": .string(document), "path": .string(operation.path),
                "method": .string(operation.method), "endpoint": .string(endpoint.name), "case": .string(kind.name),
            ]
            var refusals: [JSON] = []
            var isMade = false
            let plain = Array(repeating: SampleWishes.letters, count: 3)
            for (round, atoms) in (kind.isNasty ? Self.nasty : plain).enumerated() {
                // The emptiest arguments may be too empty for a path.
                let fullness = round > 0 && kind.fullness == .none ? .some : kind.fullness
                let wishes = SampleWishes(fullness: fullness, atoms: atoms, direction: .request)
                var samples = SampleGenerator(
                    schema, seed: seed &+ UInt64(number * 16 + round), wishes: wishes
                ) {
                    endpoint.argumentSchema.judge($0, formats: formats, limit: 8).mismatches.map(\.pointer)
                }
                guard let arguments = samples.next() else { continue }
                isMade = true
                do throws(CallFailure) {
                    let request = try RenderedRequest(arguments, for: endpoint, of: api)
                    line["refused"] = refusals.isEmpty ? Optional<JSON>.none : .array(refusals)
                    refusals = []
                    isPossible = true
                    if written.insert(arguments).inserted {
                        write(&line, arguments, request, endpoint)
                        print(JSON.object(line).text())
                    }
                    break
                } catch {
                    refusals.append(
                        .string(error.violations.map { "\($0.pointer): \($0.message)" }.joined(separator: " ")))
                }
            }
            guard !isMade || !refusals.isEmpty else { continue }
            line["kind"] = isMade ? "refused" : "unmade"
            line["refused"] = .array(refusals)
            print(JSON.object(line).text())
        }
    }

    private func write(
        _ line: inout JSONObject, _ arguments: JSON, _ request: RenderedRequest, _ endpoint: CompiledEndpoint
    ) {
        line["arguments"] = arguments
        line["target"] = .string(request.target)
        line["base"] = .string(api.base.pathPrefix)
        line["headers"] = .array(request.headers.map { [.string($0.name), .string($0.value)] })
        line["body"] = request.body.map { .string(Self.base64(Array($0.readableBytesView))) }
        line["parameters"] = .array(
            endpoint.parameters.compactMap { parameter -> JSON? in
                guard let value = arguments[parameter.argument], !value.isNull else { return Optional.none }
                return ["in": .string(parameter.location.rawValue), "name": .string(parameter.name), "value": value]
            })
        let taken = Set(endpoint.parameters.map(\.argument))
        switch endpoint.body {
        case .none: break
        case .whole: line["value"] = arguments["body"]
        case .properties:
            let members = (arguments.object ?? [:]).filter { !taken.contains($0.key) }
            if !members.isEmpty || request.body != nil {
                line["value"] = .object(JSONObject(members.map { ($0.key, $0.value) }))
            }
        }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                text.append(place > group.count ? UInt8(ascii: "=") : digits[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
