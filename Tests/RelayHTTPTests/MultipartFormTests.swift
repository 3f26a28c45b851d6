import Testing

@testable import RelayHTTP

@Suite("Bodies of multipart/form-data")
struct MultipartFormTests {
    private static func form(_ text: String, _ boundary: String = "b") -> MultipartForm? {
        MultipartForm(Array(text.replacing("\n", with: "\r\n").utf8), boundary: boundary)
    }

    @Test("parts come in order, whatever is in them")
    func parts() throws {
        let form = try #require(
            Self.form(
                """
                preamble
                --b
                Content-Disposition: form-data; name="tags"

                a,b
                --b
                Content-Disposition: form-data; name="file"; filename="a \\"b\\";c.yaml"
                Content-Type: application/yaml

                -b
                --c
                line

                --b
                content-disposition: form-data; name=empty


                --b--
                epilogue
                """))
        #expect(form.parts.map(\.name) == ["tags", "file", "empty"])
        #expect(form.parts.map(\.fileName) == [nil, "a \"b\";c.yaml", nil])
        #expect(
            form.parts.map { String(decoding: $0.bytes, as: UTF8.self) } == ["a,b", "-b\r\n--c\r\nline\r\n", ""])
    }

    @Test(
        "what is no form is refused",
        arguments: [
            "", "--b", "--b\n", "--b\n\nx\n--b--", "--b\nContent-Disposition: form-data\n\nx\n--b--",
            "--b\nContent-Disposition: attachment; name=a\n\nx\n--b--",
            "--b\nContent-Disposition: form-data; name=a\n\nx",
            "--bx\nContent-Disposition: form-data; name=a\n\nx\n--b--",
        ])
    func noForm(text: String) {
        #expect(Self.form(text) == nil)
    }

    @Test("a form of nothing has no parts, and too many parts are refused")
    func sizes() {
        #expect(Self.form("--b--")?.parts.isEmpty == true)
        let part = "--b\nContent-Disposition: form-data; name=a\n\nx\n"
        #expect(Self.form(String(repeating: part, count: 1000) + "--b--")?.parts.count == 1000)
        #expect(Self.form(String(repeating: part, count: 1001) + "--b--") == nil)
    }

    @Test("the boundary is that of the content type")
    func boundary() {
        #expect(MultipartForm.boundary("multipart/form-data; boundary=x") == "x")
        #expect(MultipartForm.boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"x y\"") == "x y")
        #expect(MultipartForm.boundary("multipart/mixed; boundary=x") == nil)
        #expect(MultipartForm.boundary("multipart/form-data") == nil)
        #expect(MultipartForm.boundary("multipart/form-data; boundary=" + String(repeating: "x", count: 71)) == nil)
    }
}
