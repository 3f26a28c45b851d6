import JSONSchema
import Value

/// The JSON-Schema-Test-Suite for draft 2020-12: what is required, and what is optional.
struct JSONSchemaSuite {
    /// How many tests passed.
    private struct Score {
        var passed = 0
        var total = 0
        var failures: [String] = []
    }

    private let folder: String
    private let bundle: [String: JSON]

    init(folder: String) {
        self.folder = folder
        let remotes = folder + "/remotes"
        var bundle: [String: JSON] = [:]
        for path in Files.json(in: remotes) {
            guard let document = Files.read(path) else { continue }
            bundle["http://localhost:1234" + path.dropFirst(remotes.count)] = document
        }
        self.bundle = bundle
    }

    /// Runs every file and prints a line for each; the last line is one JSON object. False when a required test fails.
    func run() -> Bool {
        let tests = folder + "/tests/draft2020-12"
        var required = Score()
        var optional = Score()
        for path in Files.json(in: tests) {
            let name = String(path.dropFirst(tests.count + 1))
            let isOptional = name.hasPrefix("optional/")
            let score = score(path, assertsFormat: name.hasPrefix("optional/format/"))
            print("\(name): \(score.passed) of \(score.total)")
            for failure in score.failures { print("    fails: \(failure)") }
            if isOptional {
                optional.passed += score.passed
                optional.total += score.total
            } else {
                required.passed += score.passed
                required.total += score.total
            }
        }
        let summary: JSON = [
            "required_passed": .number(JSONNumber(required.passed)),
            "required_total": .number(JSONNumber(required.total)),
            "optional_passed": .number(JSONNumber(optional.passed)),
            "optional_total": .number(JSONNumber(optional.total)),
        ]
        print(summary.text())
        return required.total > 0 && required.passed == required.total
    }

    private func score(_ path: String, assertsFormat: Bool) -> Score {
        var score = Score()
        let options = Schema.Options(resources: bundle, assertsFormat: assertsFormat)
        for group in Files.read(path)?.array ?? [] {
            let schema = Result { () throws(SchemaError) in try Schema(group["schema"] ?? .null, options: options) }
            for test in group["tests"]?.array ?? [] {
                score.total += 1
                let title = "\(group["description"]?.string ?? ""): \(test["description"]?.string ?? "")"
                switch schema {
                case .failure(let error): score.failures.append("\(title) (does not compile: \(error))")
                case .success(let schema):
                    let data = test["data"] ?? .null
                    let isValid = schema.isValid(data)
                    if isValid == test["valid"]?.bool, isValid == schema.validate(data).isEmpty {
                        score.passed += 1
                    } else {
                        score.failures.append(title)
                    }
                }
            }
        }
        return score
    }
}
