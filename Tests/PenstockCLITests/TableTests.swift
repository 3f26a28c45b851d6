import Testing
import Value

@testable import PenstockCLI

@Suite struct TableTests {
    @Test("Columns are aligned, and what is absent is a dash")
    func rows() {
        let items: [JSON] = [["id": "a", "n": 1, "on": true], ["id": "longer", "tags": ["x", "y"]]]
        let text = Table.rows(items, [Column("ID"), Column("N"), Column("On"), Column("Tags")])
        #expect(
            text == """
                ID      N  ON   TAGS
                a       1  yes  -
                longer  -  -    x, y
                """)
    }

    @Test("Fields that an object does not have are left out")
    func fields() {
        #expect(Table.fields(["id": "a"], [Column("ID"), Column("Name")]) == "ID  a")
    }

    @Test(
        "Durations are short",
        arguments: [
            (Duration.microseconds(1), "0.0 ms"), (.microseconds(1250), "1.3 ms"), (.milliseconds(12), "12 ms"),
            (.milliseconds(999), "999 ms"), (.milliseconds(3210), "3.2 s"),
        ])
    func durations(_ duration: Duration, _ text: String) {
        #expect(duration.short == text)
    }
}
