import Testing
import Value

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("Members keep their order through changes", arguments: [3, 8, 9, 30])
    func order(count: Int) {
        var object = JSONObject()
        for index in 0..<count { object["k\(index)"] = JSON(integerLiteral: index) }
        #expect(object.keys == (0..<count).map { "k\($0)" })
        object["k1"] = "changed"
        object["k0"] = nil
        object["absent"] = nil
        object["k0"] = "again"
        #expect(object.keys == (1..<count).map { "k\($0)" } + ["k0"])
        #expect(object["k1"] == "changed")
        #expect(object["k0"] == "again")
        #expect(object["k\(count - 1)"] == JSON(integerLiteral: count - 1))
        #expect(object["none"] == nil)
        #expect(object.count == count)
        for key in object.keys { object[key] = nil }
        #expect(object.isEmpty)
    }

    @Test("Equality and hash do not depend on the order", arguments: [2, 20])
    func equality(count: Int) {
        let pairs = (0..<count).map { ("k\($0)", JSON(integerLiteral: $0)) }
        let one = JSONObject(pairs)
        var other = JSONObject(pairs.reversed())
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        other["k0"] = 17
        #expect(one != other)
        other["k0"] = nil
        #expect(one != other)
        other["kx"] = 0
        #expect(one != other)
    }

    @Test("Of a key given twice the later value counts")
    func twice() {
        let object = JSONObject([("a", 1), ("b", 2), ("a", 3)])
        #expect(object.keys == ["a", "b"])
        #expect(object["a"] == 3)
    }

    @Test("Iteration yields keys and values")
    func iteration() {
        let object: JSONObject = ["a": 1, "b": nil]
        #expect(object.map(\.key) == ["a", "b"])
        #expect(object.map(\.value) == [1, nil])
    }

    @Test("Values of different types are never equal")
    func types() {
        let values: [JSON] = [nil, false, 0, "", [], [:], "0", [nil]]
        for (left, value) in values.enumerated() {
            for (right, other) in values.enumerated() { #expect((value == other) == (left == right)) }
        }
        #expect(Set(values).count == values.count)
        #expect(values.map(\.typeName).prefix(3) == ["null", "a boolean", "a number"])
    }
}
