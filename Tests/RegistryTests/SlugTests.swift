import Registry
import Testing

@Suite("Slug")
struct SlugTests {
    @Test(
        "a slug is made from the name",
        arguments: [
            ("My Company CRM", "my_company_crm"), ("  ERP -- 2  ", "erp_2"), ("3rd party", "rd_party"),
            ("Größe", "gr_e"),
        ])
    func made(name: String, slug: String) {
        #expect(Slug.make(from: name) == slug)
        #expect(Slug.isValid(slug))
    }

    @Test("a long name gives a slug of at most 63")
    func long() throws {
        let slug = try #require(Slug.make(from: String(repeating: "ab ", count: 60)))
        #expect(slug.utf8.count <= 63 && Slug.isValid(slug))
    }

    @Test("a name without letters gives none")
    func none() {
        #expect(Slug.make(from: "123 !") == nil && Slug.make(from: "") == nil)
    }

    @Test("only the schema's form is valid", arguments: ["", "1a", "_a", "A", "a-b", "a b", "é"])
    func invalid(slug: String) {
        #expect(!Slug.isValid(slug))
    }
}
