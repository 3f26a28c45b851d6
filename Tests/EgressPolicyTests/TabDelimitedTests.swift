import EgressPolicy
import Testing

@Suite struct TabDelimitedTests {
    @Test("I: lists of 2.0's tsv are joined by tabs, which no item can hold")
    func tabs() throws {
        var rendering = ParameterRendering()
        let format = try ParameterFormat("p", in: .query, style: .tabDelimited, explode: false)
        try rendering.add(.array(["a", "b c"]), as: format)
        #expect(rendering.query == "p=a%09b%20c")
        #expect(throws: ParameterError.self) { try rendering.add(.array(["a\tb"]), as: format) }
        #expect(throws: RuleError.self) { try ParameterFormat("p", in: .path, style: .tabDelimited) }
    }
}
