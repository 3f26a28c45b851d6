import JSONSchema
import Testing
import Value

@Suite(
    "The JSON Schema test suite",
    .enabled(if: Suites.isThere, "the public suites are not there: ../shared/suites beside the repository"))
struct SuiteTests {
    @Test("Every required test of draft 2020-12 passes, by both ways of asking")
    func required() throws {
        let bundle = try Suites.bundle()
        var total = 0
        for file in try Suites.files(in: "tests/draft2020-12") where !file.name.hasPrefix("optional/") {
            total += try run(file.name, file.content, Schema.Options(resources: bundle, assertsFormat: false))
        }
        #expect(total > 1000)
    }

    @Test(
        "Every optional test of the formats that are promised passes",
        arguments: [
            "date-time", "date", "time", "duration", "email", "ipv4", "ipv6", "uri", "uri-reference", "uuid",
            "json-pointer", "regex",
        ])
    func formats(format: String) throws {
        for file in try Suites.files(in: "tests/draft2020-12/optional/format") where file.name == "\(format).json" {
            #expect(try run(file.name, file.content, .defaults) > 0)
        }
    }

    @Test(
        "What ECMAScript, large numbers and format vocabularies ask for beyond what is required passes",
        arguments: [
            "bignum", "ecmascript-regex", "float-overflow", "format-assertion", "non-bmp-regex", "dynamicRef",
            "refOfUnknownKeyword", "unknownKeyword", "no-schema", "id", "anchor", "dependencies-compatibility",
        ])
    func optional(name: String) throws {
        let options = Schema.Options(resources: try Suites.bundle(), assertsFormat: false)
        for file in try Suites.files(in: "tests/draft2020-12/optional") where file.name == "\(name).json" {
            #expect(try run(file.name, file.content, options) > 0)
        }
    }

    private func run(_ name: String, _ groups: JSON, _ options: Schema.Options) throws -> Int {
        var total = 0
        for group in groups.array ?? [] {
            let schema = try Schema(group["schema"] ?? .null, options: options)
            for test in group["tests"]?.array ?? [] {
                let title = "\(name): \(group["description"]?.string ?? ""): \(test["description"]?.string ?? "")"
                let data = test["data"] ?? .null
                #expect(schema.isValid(data) == test["valid"]?.bool, "\(title)")
                #expect(schema.validate(data).isEmpty == test["valid"]?.bool, "\(title)")
                total += 1
            }
        }
        return total
    }
}
