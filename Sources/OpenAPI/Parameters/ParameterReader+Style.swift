import Drafts
import EgressPolicy
import Value

extension ParameterReader {
    /// How the value becomes text: `style` and `explode`, or 2.0's `collectionFormat`.
    func addStyle(_ node: Node, _ result: inout ImportedParameter) {
        if version == .v2 || node.value["collectionFormat"] != nil && node.value["style"] == nil {
            addCollectionFormat(node, &result)
        } else {
            addStyleOf3(node, &result)
        }
    }

    private func addStyleOf3(_ node: Node, _ result: inout ImportedParameter) {
        if let text = node.text("style") {
            let known = ParameterStyle.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
            if let known, result.location.styles.contains(known) {
                result.style = known
            } else {
                log.add(
                    .change, "style_repaired",
                    "\(quoted(text)) is no style of a \(result.location.rawValue) parameter; "
                        + "\(result.location.defaultStyle.rawValue) is used.", at: node.place)
            }
        }
        result.explode = node.flag("explode")
        guard node.flag("allowReserved") ?? false else { return }
        if result.location == .query {
            result.allowsReserved = true
        } else {
            log.add(
                .change, "style_repaired", "Only a query parameter can leave reserved characters as they are.",
                at: node.place)
        }
    }

    private func addCollectionFormat(_ node: Node, _ result: inout ImportedParameter) {
        let isList = writer.target(result.schema.json)["type"].map {
            $0 == "array" || $0.array?.contains("array") == true
        }
        guard isList ?? false else { return }
        let format = node.text("collectionFormat")?.lowercased() ?? "csv"
        switch (format, result.location) {
        case ("csv", .query), ("csv", .cookie): result.explode = false
        case ("csv", _): break
        case ("multi", .query): result.explode = true
        case ("ssv", .query): (result.style, result.explode) = (.spaceDelimited, false)
        case ("tsv", .query): (result.style, result.explode) = (.tabDelimited, false)
        case ("pipes", .query): (result.style, result.explode) = (.pipeDelimited, false)
        default:
            log.add(
                .change, "style_repaired",
                "\(quoted(format)) is no format of a \(result.location.rawValue) parameter's list; commas are used.",
                at: node.place)
            if result.location == .query { result.explode = false }
        }
    }
}
