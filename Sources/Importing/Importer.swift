import Captures
package import Drafts
package import OpenAPI

/// Makes a draft of whatever describes an API: an OpenAPI document, a Postman collection, a HAR file or curl commands.
package enum Importer {
    /// Reads files of one kind, told apart by what is in them.
    ///
    /// It takes seconds for the largest documents: call it away from event loops.
    ///
    /// - Throws: ``ImportError`` where nothing can be imported; what is wrong with a single operation is a finding.
    package static func draft(of source: ImportSource, options: ImportOptions) throws(ImportError) -> Draft {
        var draft = try read(source, options)
        if !source.hasPlaces { removePlaces(from: &draft) }
        return draft
    }

    private static func removePlaces(from draft: inout Draft) {
        for index in draft.findings.indices { draft.findings[index].position = nil }
        for index in draft.operations.indices {
            for finding in draft.operations[index].findings.indices {
                draft.operations[index].findings[finding].position = nil
            }
        }
    }

    /// One draft for each server that operations of a document have; one for what has a single host.
    ///
    /// - Throws: as ``draft(of:options:)`` does.
    package static func drafts(of source: ImportSource, options: ImportOptions) throws(ImportError) -> [Draft] {
        guard capture(in: source) == nil else { return [try draft(of: source, options: options)] }
        var drafts = try OpenAPIImporter().drafts(files: source.files, root: source.root, options: options)
        if !source.hasPlaces { for index in drafts.indices { removePlaces(from: &drafts[index]) } }
        return drafts
    }

    private static func read(_ source: ImportSource, _ options: ImportOptions) throws(ImportError) -> Draft {
        guard let (file, kind, environments) = capture(in: source) else {
            return try OpenAPIImporter().draft(files: source.files, root: source.root, options: options)
        }
        do throws(CaptureError) {
            var draft = try Captures.read(file.bytes, as: kind, environments: environments)
            options.apply(to: &draft)
            return draft
        } catch {
            throw ImportError("unreadable", error.message, position: error.position)
        }
    }

    /// The recorded calls, where the source is some: a single file, or a Postman collection with its environments.
    private static func capture(
        in source: ImportSource
    ) -> (file: ImportFile, kind: CaptureKind, environments: [[UInt8]])? {
        guard source.files.count > 1 else {
            guard let file = source.files.first, let kind = CaptureKind.detect(file.bytes) else { return nil }
            return (file, kind, [])
        }
        guard source.files.count <= mostEnvironments else { return nil }
        let isEnvironment = source.files.map { CaptureKind.isPostmanEnvironment($0.bytes) }
        let environments = zip(source.files, isEnvironment).filter(\.1).map(\.0)
        let others = zip(source.files, isEnvironment).filter { !$0.1 }.map(\.0)
        guard !environments.isEmpty, others.count == 1, let file = others.first,
            CaptureKind.detect(file.bytes) == .postman
        else { return nil }
        return (file, .postman, environments.map(\.bytes))
    }

    private static let mostEnvironments = 20
}
