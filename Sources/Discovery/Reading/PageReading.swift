import Value

extension HTMLPage {
    /// What the page leads to, the surest first.
    func descriptions() -> [LinkedDescription] {
        var found: [LinkedDescription] = []
        for link in links {
            guard let kind = LinkedDescription.kind(relations: link.relations, type: link.type) else { continue }
            found.append(LinkedDescription(kind: kind, reference: link.href, place: .element("link")))
        }
        for attribute in attributes { found += Self.read(attribute) }
        for script in scripts {
            found += Self.read(ScriptReferences(script.utf8, isKnown: false), at: .element("script"))
        }
        for source in scriptSources where Self.setsUp(source) {
            found.append(LinkedDescription(kind: .script, reference: source, place: .element("script")))
        }
        for anchor in anchors {
            guard let kind = Self.kind(anchor) else { continue }
            found.append(LinkedDescription(kind: kind, reference: anchor.href, place: .element("a")))
        }
        return found
    }

    /// Documents that stand in the page's own scripts.
    func embedded() -> [ArraySlice<UInt8>] { scripts.flatMap { ScriptReferences($0.utf8, isKnown: false).embedded } }

    static func read(_ script: ScriptReferences, at place: Evidence.Place) -> [LinkedDescription] {
        script.addresses.map { LinkedDescription(kind: .document, reference: $0, place: place) }
            + script.configurations.map { LinkedDescription(kind: .configuration, reference: $0, place: place) }
    }

    private static func read(_ attribute: Attribute) -> [LinkedDescription] {
        let place = Evidence.Place.element(attribute.element)
        guard attribute.value.utf8.first == UInt8(ascii: "{") else {
            return [LinkedDescription(kind: .document, reference: attribute.value, place: place)]
        }
        guard let json = try? JSON.parse(attribute.value, limits: JSONLimits(depth: 16, bytes: 64 << 10)) else {
            return []
        }
        return LinkSets.configuration(json).map {
            LinkedDescription(kind: $0.kind, reference: $0.reference, place: place)
        }
    }

    /// Scripts that hold a viewer's settings, and not the viewer.
    private static func setsUp(_ source: String) -> Bool {
        let name = ASCIIText.lowercased(source.utf8.prefix { $0 != UInt8(ascii: "?") })
        guard !["bundle", "preset", "standalone", ".min.", "polyfill"].contains(where: name.contains) else {
            return false
        }
        return ["initializer", "swagger", "openapi", "api-docs", "redoc"].contains(where: name.contains)
            || name == "index.js" || name == "./index.js"
    }

    private static func kind(_ anchor: Anchor) -> LinkedDescription.Kind? {
        let href = ASCIIText.lowercased(anchor.href.utf8.prefix { $0 != UInt8(ascii: "#") })
        guard !href.isEmpty, !href.hasPrefix("mailto:"), !href.hasPrefix("javascript:") else { return nil }
        let path = href.prefix { $0 != "?" }
        let isData = [".json", ".yaml", ".yml"].contains(where: path.hasSuffix)
        let words = href + " " + ASCIIText.lowercased(anchor.text.utf8)
        let isAbout = ["openapi", "swagger", "api-docs", "apidocs", "api_docs"].contains(where: words.contains)
        if isAbout { return isData ? .document : .page }
        let isReading = ["redoc", "/docs", "/reference", "api reference", "api docs", "api documentation", "developer"]
            .contains(where: words.contains)
        return isReading && !isData ? .page : nil
    }
}
