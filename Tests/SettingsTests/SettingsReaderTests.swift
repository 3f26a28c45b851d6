import Settings
import Testing
import Value
import YAML

@Suite("Settings reader")
struct SettingsReaderTests {
    private enum Mode: String, CaseIterable { case strict, relaxed }

    private func reader(_ text: String, layers: Layered = .fileOnly) throws -> SettingsReader {
        SettingsReader(document: try YAML.parse(text), file: "connector.yaml", layers: layers)
    }

    private func faults(_ reader: SettingsReader) -> [String] {
        do throws(SettingsError) {
            try reader.finish()
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test("Every type is read")
    func types() throws {
        let reader = try reader(
            """
            name: x
            count: 3
            on: true
            wait: 500ms
            idle: 0
            size: 64KiB
            plain: 1000
            list: [a, b]
            hosts: {crm.example: 127.0.0.77, b: c}
            mode: relaxed
            tls: {ca: f.pem}
            allow:
              - origin: o1
              - origin: o2
            none: null
            """)
        #expect(reader.string("name") == "x")
        #expect(reader.requiredString("name") == "x")
        #expect(reader.int("count", in: 1...8) == 3)
        #expect(reader.bool("on") == true)
        #expect(reader.duration("wait") == .milliseconds(500))
        #expect(reader.duration("idle") == .zero)
        #expect(reader.byteSize("size") == 65536)
        #expect(reader.byteSize("plain") == 1000)
        #expect(reader.strings("list") == ["a", "b"])
        #expect(reader.stringMap("hosts")?.map(\.key) == ["crm.example", "b"])
        #expect(reader.stringMap("hosts")?.map(\.value) == ["127.0.0.77", "c"])
        #expect(reader.choice("mode", of: Mode.self) == .relaxed)
        #expect(reader.nested("tls")?.string("ca") == "f.pem")
        #expect(reader.list("allow")?.map { $0.requiredString("origin") } == ["o1", "o2"])
        #expect(reader.string("none") == nil)
        #expect(reader.source(of: "count") == "connector.yaml:2:8")
        #expect(faults(reader) == [])
    }

    @Test("What is absent or null gives the default")
    func defaults() throws {
        let reader = try reader("a: null\nb:\n")
        #expect(reader.string("a", default: "d") == "d")
        #expect(reader.int("b", default: 2) == 2)
        #expect(reader.bool("c", default: true))
        #expect(reader.duration("d", default: .seconds(3)) == .seconds(3))
        #expect(reader.byteSize("e", default: 9) == 9)
        #expect(reader.strings("f", default: ["x"]) == ["x"])
        #expect(reader.nested("g") == nil)
        #expect(reader.list("h") == nil)
        #expect(reader.stringMap("i") == nil)
        #expect(reader.section("j").int("k", default: 4) == 4)
        #expect(reader.source(of: "c") == "default")
        #expect(faults(reader) == [])
    }

    @Test("An unknown key is named with its place and the nearest known one")
    func unknown() throws {
        let reader = try reader("relay: x\nconections: 2\nlimits:\n  respnse_bytes: 1\n  zzz: 1\n")
        _ = reader.string("relay")
        _ = reader.int("connections")
        _ = reader.nested("limits")?.byteSize("response_bytes")
        #expect(
            faults(reader) == [
                #"connector.yaml:2:1: unknown key "conections"; did you mean "connections"?"#,
                #"connector.yaml:4:3: unknown key "respnse_bytes"; did you mean "response_bytes"?"#,
                #"connector.yaml:5:3: unknown key "zzz"; known here: response_bytes"#,
            ])
    }

    @Test("Values of the wrong type are all told, in the file's order, without the values")
    func wrongTypes() throws {
        let reader = try reader(
            """
            s: 5
            i: 1.5
            r: 900
            b: yes
            d: 5
            z: 1Mib
            l: hunter2
            e: [a, 1]
            n: hunter2
            a: [1, {x: [hunter2]}]
            m: {k: [hunter2]}
            c: rela
            t: "a\\nb"
            u: ""
            """)
        #expect(reader.text("u") == nil)
        #expect(reader.text("t") == nil)
        #expect(reader.choice("c", of: Mode.self) == nil)
        #expect(reader.string("s") == nil)
        #expect(reader.int("i") == nil)
        #expect(reader.int("r", in: 1...10, default: 4) == 4)
        #expect(reader.bool("b") == nil)
        #expect(reader.duration("d") == nil)
        #expect(reader.byteSize("z") == nil)
        #expect(reader.strings("l") == nil)
        #expect(reader.strings("e") == ["a"])
        #expect(reader.nested("n") == nil)
        #expect(reader.list("a")?.first?.string("x") == nil)
        #expect(reader.stringMap("m")?.isEmpty == true)
        let found = faults(reader)
        #expect(
            found == [
                #"connector.yaml:1:4: "s" must be a string; put it in quotes"#,
                #"connector.yaml:2:4: "i" must be a whole number"#,
                #"connector.yaml:3:4: "r" must be at most 10"#,
                #"connector.yaml:4:4: "b" must be true or false"#,
                #"connector.yaml:5:4: "d" must be a duration such as 500ms, 30s, 5m or 1h"#,
                #"connector.yaml:6:4: "z" must be a size in bytes such as 1000, 64KiB, 10MiB or 1GiB"#,
                #"connector.yaml:7:4: "l" must be a list of strings, not a string"#,
                #"connector.yaml:8:8: "e.1" must be a string, not a number"#,
                #"connector.yaml:9:4: "n" must be a mapping, not a string"#,
                #"connector.yaml:10:5: "a.0" must be a mapping, not a number"#,
                #"connector.yaml:10:12: "a.1.x" must be a string, not an array"#,
                #"connector.yaml:11:8: "m.k" must be a string, not an array"#,
                #"connector.yaml:12:4: "c" must be strict or relaxed"#,
                #"connector.yaml:13:4: "t" must be one line without control characters"#,
                #"connector.yaml:14:4: "u" must not be empty"#,
            ])
        #expect(!found.joined().contains("hunter2"))
    }

    @Test("Ranges are told in the units of the setting")
    func ranges() throws {
        let reader = try reader("d: 1s\ns: 2GiB\ni: -1")
        _ = reader.duration("d", in: .seconds(5) ... .seconds(60))
        _ = reader.byteSize("s", in: 0...(1 << 30))
        _ = reader.int("i", in: 0...5)
        #expect(
            faults(reader) == [
                #"connector.yaml:1:4: "d" must be at least 5s"#,
                #"connector.yaml:2:4: "s" must be at most 1GiB"#,
                #"connector.yaml:3:4: "i" must be at least 0"#,
            ])
    }

    @Test("A required setting that is absent is told once, with the ways to set it")
    func missing() throws {
        let layers = Layered(environment: [:], keys: ["relay"])
        let one = try reader("a: 1", layers: layers)
        _ = one.int("a")
        #expect(one.requiredString("relay") == "")
        #expect(one.requiredString("relay") == "")
        #expect(
            faults(one) == [#"connector.yaml:1:1: "relay" is missing; add it to connector.yaml or set PENSTOCK_RELAY"#])
        let none = SettingsReader(layers: layers)
        _ = none.requiredString("relay")
        #expect(faults(none) == [#""relay" is missing; set PENSTOCK_RELAY"#])
    }

    @Test("A root that is no mapping is refused, an empty one is empty")
    func root() throws {
        #expect(faults(try reader("- a")) == ["connector.yaml:1:1: this must be a mapping of settings, not an array"])
        #expect(faults(try reader("")) == [])
        #expect(faults(try reader("x: 1")) == [#"connector.yaml:1:1: unknown key "x"; remove it"#])
    }

    @Test("A caller's own finding stands at the value")
    func reject() throws {
        let reader = try reader("a:\n  b: 7")
        let nested = try #require(reader.nested("a"))
        _ = nested.int("b")
        nested.reject("b", "must be even")
        #expect(faults(nested) == [#"connector.yaml:2:6: "a.b" must be even"#])
        #expect(faults(reader) == [#"connector.yaml:2:6: "a.b" must be even"#])
    }

    @Test("An inner reader's end looks at its own part only")
    func innerFinish() throws {
        let reader = try reader("a: {x: 1}\nb: 1\nc: 2")
        let nested = try #require(reader.nested("a"))
        #expect(faults(nested) == [#"connector.yaml:1:5: unknown key "x"; remove it"#])
        #expect(faults(reader).count == 3)
    }
}
