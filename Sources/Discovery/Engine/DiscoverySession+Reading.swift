import Drafts
import EgressPolicy
import Value

/// What answers say.
extension DiscoverySession {
    private static let mostReferences = 40

    /// `Link` fields count whatever the status: the place is described even where the answer is not for us.
    mutating func readLinks(_ response: DiscoveryResponse, _ probe: Probe) {
        guard probe.purpose != .absent else { return }
        for value in response.values("link").prefix(16) {
            for link in WebLink.parse(value) {
                guard let kind = LinkedDescription.kind(relations: link.relations, type: link.type) else { continue }
                let found = LinkedDescription(kind: kind, reference: link.target, place: .header("link"))
                follow([found], from: probe, response.status)
            }
        }
    }

    mutating func read(_ response: DiscoveryResponse, _ probe: Probe) {
        if probe.purpose == .absent {
            absent = AnswerPrint(response)
            return
        }
        if probe.purpose == .part { return readPart(response, probe) }
        if probe.purpose == .graphQL { return readGraphQL(response, probe) }
        if response.status == 401 || response.status == 403 {
            findings.add(
                "credential_needed",
                "These places want a credential, and discovery has none: hand over a document that was fetched with one.",
                evidence(probe, response.status), merging: "")
            return
        }
        guard (200..<300).contains(response.status), response.status != 204, !response.body.isEmpty else { return }
        switch MediaKind(response) {
        case .html: readPage(response, probe)
        case .json: readJSON(response, probe)
        case .yaml:
            if DescriptionSign(yaml: response.body) != nil { importDescription(response.body, response.status, probe) }
        case .script where probe.purpose == .script || probe.purpose == .linked:
            readScript(response, probe)
        case .linkset:
            for link in WebLink.parse(String(decoding: response.body.prefix(64 << 10), as: UTF8.self)) {
                guard let kind = LinkedDescription.kind(relations: link.relations, type: link.type) else { continue }
                follow(
                    [LinkedDescription(kind: kind, reference: link.target, place: .whole)], from: probe, response.status
                )
            }
        case .script, .other: break
        }
    }

    private mutating func readPage(_ response: DiscoveryResponse, _ probe: Probe) {
        if probe.purpose != .root, isLikeAbsent(response, probe) { return }
        let page = HTMLPage(response.body)
        if page.isCut {
            findings.add("answer_cut", "The page was too long and was read in part.", evidence(probe, response.status))
        }
        commands.add(page.code, at: evidence(probe, response.status, .element("code")))
        for document in page.embedded() { importDescription(Array(document), response.status, probe, at: .script) }
        var from = probe
        from.page = page.base.flatMap { probe.address.resolving($0) }
        follow(page.descriptions(), from: from, response.status)
    }

    private mutating func readScript(_ response: DiscoveryResponse, _ probe: Probe) {
        let script = ScriptReferences(response.body, isKnown: false)
        for document in script.embedded { importDescription(Array(document), response.status, probe, at: .script) }
        follow(HTMLPage.read(script, at: .script), from: probe, response.status)
    }

    private mutating func readJSON(_ response: DiscoveryResponse, _ probe: Probe) {
        let json: JSON
        do throws(JSONParseError) {
            json = try JSON.parse(response.body, limits: .discovery)
        } catch {
            guard DescriptionSign(brokenJSON: response.body) != nil else { return }
            return importDescription(response.body, response.status, probe)
        }
        switch DescriptionSign(json: json) {
        case .openAPI?: return importDescription(response.body, response.status, probe)
        case .oldSwagger?:
            findings.add(
                "old_swagger", "Here is a description in Swagger 1.x, which is not read. Convert it to OpenAPI 3.",
                evidence(probe, response.status))
            return
        case .broken?, nil: break
        }
        if let links = LinkSets.catalog(json) { return follow(links, from: probe, response.status) }
        switch probe.purpose {
        case .configuration, .linked: follow(LinkSets.configuration(json), from: probe, response.status)
        case .root, .sample:
            if probe.purpose == .sample, isLikeAbsent(response, probe) { return }
            learn(json, response, probe)
        case .wellKnown, .page, .linkedPage, .catalog, .script, .absent, .graphQL, .part: break
        }
    }

    func isSameAsAbsent(_ response: DiscoveryResponse) -> Bool { absent != nil && AnswerPrint(response) == absent }

    private mutating func isLikeAbsent(_ response: DiscoveryResponse, _ probe: Probe) -> Bool {
        guard isSameAsAbsent(response) else { return false }
        findings.add(
            "soft_404", "The server answers these places as it answers one that cannot exist, so they say nothing.",
            evidence(probe, response.status), merging: "")
        return true
    }

    /// Asks what was found, within the reach that is allowed.
    mutating func follow(_ found: [LinkedDescription], from probe: Probe, _ status: Int) {
        for link in found.prefix(Self.mostReferences) {
            guard let address = (probe.page ?? probe.address).resolving(link.reference) else { continue }
            let place = evidence(probe, status, link.place)
            guard site.includes(address.origin, reach: options.reach) else {
                // Pages elsewhere are mostly advertisement.
                guard link.kind != .page else { continue }
                findings.add(
                    "link_elsewhere",
                    "This names a description at \(address.origin.host), which was not followed. "
                        + "Import it by its URL if it is the API's.",
                    place, merging: "\(address.origin)")
                continue
            }
            var next = Probe(purpose: .linked, address: address, source: place, depth: probe.depth + 1)
            switch link.kind {
            case .document: break
            case .page: next.purpose = .linkedPage
            case .configuration: (next.purpose, next.page) = (.configuration, probe.page ?? probe.address)
            case .script: (next.purpose, next.page) = (.script, probe.page ?? probe.address)
            case .catalog: next.purpose = .catalog
            }
            // Only a page is a step away; what sets it up is still the same place.
            if link.kind == .script || link.kind == .configuration { next.depth = probe.depth }
            plan.offer(next)
        }
    }
}
