import Drafts
import EgressPolicy
import Value

/// A document and the files that it refers to, until all of them are there.
struct DocumentBundle: Sendable {
    var files: [DiscoveredFile]
    var evidence: [Evidence]
    /// Parts that were asked for and have not answered.
    var waiting = 0
    var isDone = false
}

/// Documents that describe the API.
extension DiscoverySession {
    private static let mostBundles = 32
    private static let mostFiles = 30

    mutating func importDescription(
        _ bytes: [UInt8], _ status: Int, _ probe: Probe, at place: Evidence.Place = .whole
    ) {
        var sources = [evidence(probe, status, place)]
        if let source = probe.source { sources.append(source) }
        let mark = bytes.hashValue
        if let same = known.first(where: { $0.mark == mark && $0.count == bytes.count }) {
            bundles[same.bundle].evidence += sources
            if let candidate = same.candidate { addEvidence(sources, to: candidate) }
            return
        }
        guard bundles.count < Self.mostBundles else { return }
        known.append(KnownDocument(mark: mark, count: bytes.count, bundle: bundles.count))
        bundles.append(
            DocumentBundle(files: [DiscoveredFile(address: probe.address, bytes: bytes)], evidence: sources))
        ask(forPartsOf: bundles.count - 1, from: 0, probe)
        importIfWhole(bundles.count - 1)
    }

    /// A part came, or did not.
    mutating func readPart(_ response: DiscoveryResponse?, _ probe: Probe) {
        guard let bundle = probe.bundle, bundles.indices.contains(bundle), !bundles[bundle].isDone else { return }
        bundles[bundle].waiting -= 1
        if let response, (200..<300).contains(response.status), !response.isCut,
            [.json, .yaml].contains(MediaKind(response)), !isSameAsAbsent(response)
        {
            parts[probe.address] = response.body
            bundles[bundle].files.append(DiscoveredFile(address: probe.address, bytes: response.body))
            ask(forPartsOf: bundle, from: bundles[bundle].files.count - 1, probe)
        } else {
            findings.add(
                "part_missing", "A file that a description refers to is not there.", evidence(probe, response?.status))
        }
        importIfWhole(bundle)
    }

    private mutating func ask(forPartsOf bundle: Int, from file: Int, _ probe: Probe) {
        let origin = bundles[bundle].files[file]
        for reference in DocumentParts.references(in: origin.bytes) {
            // What lies beside the document belongs to it; a URL in it is never asked (S13).
            guard !reference.contains("//"), let address = origin.address.resolving(reference),
                address != origin.address, address.origin == origin.address.origin,
                bundles[bundle].files.count + bundles[bundle].waiting < Self.mostFiles,
                !bundles[bundle].files.contains(where: { $0.address == address })
            else { continue }
            if let bytes = parts[address] {
                bundles[bundle].files.append(DiscoveredFile(address: address, bytes: bytes))
                continue
            }
            let source = evidence(probe, nil)
            var part = Probe(purpose: .part, address: address, source: source, depth: 0)
            part.bundle = bundle
            if plan.offer(part) { bundles[bundle].waiting += 1 }
        }
    }

    private mutating func importIfWhole(_ bundle: Int) {
        if bundles[bundle].waiting == 0 { importBundle(bundle) }
    }

    /// Imports what is there of a document.
    mutating func importBundle(_ bundle: Int) {
        guard !bundles[bundle].isDone else { return }
        bundles[bundle].isDone = true
        let (files, sources) = (bundles[bundle].files, bundles[bundle].evidence)
        bundles[bundle].files = []
        var draft: Draft
        do throws(DiscoveryImportError) {
            draft = try importers.openAPI(files)
            fillServer(&draft)
        } catch {
            findings.add(
                "not_importable",
                "Here is a description that cannot be imported. \(ASCIIText.shown(error.message, bytes: 300))",
                sources[0])
            return
        }
        let same = candidates.firstIndex { $0.draft.describesSame(as: draft) }
        if let place = known.firstIndex(where: { $0.bundle == bundle }) {
            known[place].candidate = same ?? candidates.count
        }
        if let same { return addEvidence(sources, to: same) }
        candidates.append(DiscoveryResult.Candidate(draft: draft, evidence: sources, confidence: .high))
        findings.add("description_found", "Here is a description of the API.", sources[0])
        noteServer(draft, sources[0])
        if hasDescription { dropGuesses() }
    }

    private mutating func addEvidence(_ evidence: [Evidence], to candidate: Int) {
        for one in evidence
        where !candidates[candidate].evidence.contains(one) && candidates[candidate].evidence.count < 10 {
            candidates[candidate].evidence.append(one)
        }
    }

    /// A document without servers means the place where it stands (OpenAPI 3.1, section 4.8.1).
    private func fillServer(_ draft: inout Draft) {
        var connection = draft.definition["connection"]?.object ?? [:]
        guard connection["base_url"] == nil else { return }
        connection["base_url"] = .string(base.origin.description)
        draft.definition["connection"] = .object(connection)
        draft.findings.append(
            Finding(.change, "base_url_assumed", "The document names no server; the place where it was found counts."))
    }

    /// Whoever wrote the document says where calls would go: a person should see where that is not where it was found.
    mutating func noteServer(_ draft: Draft, _ place: Evidence) {
        guard let url = draft.definition["connection"]?["base_url"]?.string, let server = try? BaseURL(url),
            server.origin != base.origin
        else { return }
        findings.add(
            "server_elsewhere",
            "This description says that the API is at \(server.origin). Accept it only if that is right.", place)
    }

    private mutating func dropGuesses() {
        let count = plan.drop { $0.purpose == .wellKnown || $0.purpose == .page || $0.purpose == .sample }
        guard count > 0 else { return }
        findings.add(
            "guesses_left_out", "A description was found, so \(count) further places were not asked.", nil, merging: "")
    }
}

extension Draft {
    /// Whether both bring the same operations, as the JSON and the YAML form of one document do.
    fileprivate func describesSame(as other: Draft) -> Bool {
        operations.count == other.operations.count
            && zip(operations, other.operations).allSatisfy {
                $0.method == $1.method && $0.path == $1.path && $0.endpoint == $1.endpoint
            }
    }
}
