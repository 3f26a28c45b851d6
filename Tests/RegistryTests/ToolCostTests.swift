import Registry
import Testing
import Value

@Suite struct ToolCostTests {
    /// Texts and what cl100k, o200k and Anthropic's published tokenizer make of them in the mean, rounded.
    @Test(
        "The estimate is near what tokenizers count",
        arguments: [
            ("Retrieve a customer by their ID. Returns the customer with all of their open orders.", 17),
            (
                #"{"type":"object","properties":{"customer_id":{"type":"string","description":"The customer's id"},"#
                    + #""limit":{"type":"integer","minimum":1,"maximum":100,"default":10}},"#
                    + #""required":["customer_id"],"additionalProperties":false}"#, 51
            ),
            ("listRepositoryPullRequestReviewComments", 6),
            (
                #"{"type":"object","properties":{"since":{"type":"string","format":"date-time"},"state":"#
                    + #"{"type":"string","enum":["open","closed","all"]},"labels":{"type":"array","items":"#
                    + #"{"type":"string"}}}}"#, 47
            ),
            (
                "Only show results that were last updated after the given time. This is a timestamp in ISO 8601 format: "
                    + "YYYY-MM-DDTHH:MM:SSZ.", 34
            ),
        ])
    func near(text: String, counted: Int) {
        let estimate = ToolCost.tokens(of: text)
        #expect(abs(estimate - counted) * 100 <= counted * 15 + 100, "\(estimate) for \(counted)")
    }

    @Test("A listing costs what its parts cost, and longer ones cost more")
    func sum() {
        let schema: JSON = ["type": "object", "properties": ["customer_id": ["type": "string"]]]
        let short = ToolCost.tokens(name: "get_customer", description: nil, arguments: schema)
        #expect(short == ToolCost.tokens(of: "get_customer") + ToolCost.tokens(of: schema.text()))
        #expect(ToolCost.tokens(name: "get_customer", description: "By its id.", arguments: schema) > short)
        #expect(ToolCost.tokens(of: "") == 0)
        #expect(ToolCost.tokens(of: " ") == 1)
    }

    @Test("I: a megabyte of anything is priced in one pass")
    func large() {
        #expect(ToolCost.tokens(of: String(repeating: "aB1_é漢 ", count: 100_000)) > 300_000)
    }
}
