import Drafts
import EgressPolicy
import Value

/// Reads command lines of curl, as browsers copy them and documentation shows them, into a draft. Nothing is run and no
/// file is opened.
enum CurlReader {
    private static let longest = 4 << 20
    /// More different calls than that are no API that anybody could use.
    private static let mostCalls = 5000
    private static let mostFindings = 500

    /// One URL of one command.
    private struct Call {
        var command: CurlCommand
        /// Read once for all URLs of the command.
        var body: CallBody?
        var url: CallURL
        var comment: String?
        var position: Position
        var isSchemeAssumed: Bool
    }

    static func read(_ bytes: [UInt8]) throws(CaptureError) -> Draft {
        guard bytes.count <= longest else { throw CaptureError("Commands are at most 4 MiB long.") }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw CaptureError("This is not UTF-8.") }
        var assembly = DraftAssembly(.curl)
        var calls: [Call] = []
        var isCurl = false
        let commands = ShellWords.split(CommandPrompt.plain(bytes))
        if commands.count == ShellWords.mostCommands {
            assembly.findings.append(
                Finding(.leftOut, "too_many_commands", "Only the first \(commands.count) commands were read."))
        }
        for command in commands {
            guard let start = command.words.firstIndex(where: isName) else { continue }
            guard command.words[..<start].allSatisfy(isInFront) else { continue }
            isCurl = true
            if command.isOpen { note(openQuote(command.position), &assembly) }
            for words in command.words[(start + 1)...].split(
                omittingEmptySubsequences: false, whereSeparator: { $0 == "--next" || $0 == "-:" })
            {
                guard calls.count < mostCalls else { break }
                let parsed = CurlCommand(words, input: command.input)
                assembly.scrub.add(parsed.secrets)
                read(parsed, command, into: &calls, &assembly)
            }
        }
        if calls.count >= mostCalls {
            assembly.findings.append(
                Finding(.leftOut, "too_many_commands", "Only the first \(mostCalls) calls were read."))
        }
        guard isCurl else { throw CaptureError("There is no command of curl here.") }
        assemble(calls, &assembly)
        return assembly.draft()
    }

    private static func isName(_ word: String) -> Bool {
        word == "curl" || word == "curl.exe" || word.hasSuffix("/curl")
    }

    private static func isInFront(_ word: String) -> Bool {
        ["$", "%", "#", "sudo", "time", "env", "exec", "command"].contains(word) || word.contains("=")
    }

    /// A text of commands can be faulty in more places than anybody would read of.
    private static func note(_ finding: Finding, _ assembly: inout DraftAssembly) {
        if assembly.findings.count < mostFindings { assembly.findings.append(finding) }
    }

    private static func openQuote(_ position: Position) -> Finding {
        Finding(.note, "quote_open", "A quotation is not closed: the command may be cut.", position: position)
    }

    private static func read(
        _ parsed: CurlCommand, _ command: ShellCommand, into calls: inout [Call], _ assembly: inout DraftAssembly
    ) {
        if parsed.urls.isEmpty {
            note(
                Finding(.leftOut, "url_missing", "A command without a URL was left out.", position: command.position),
                &assembly)
        }
        let body = parsed.body
        for text in parsed.urls {
            let hasScheme = text.contains("://")
            guard let url = CallURL(hasScheme ? text : "https://" + text) else {
                note(
                    Finding(
                        .leftOut, "url_unreadable",
                        "A command was left out: nobody can tell the host of \(Self.host(text).quotedForMessage). Write it in "
                            + "full.",
                        position: command.position), &assembly)
                continue
            }
            calls.append(
                Call(
                    command: parsed, body: body, url: url, comment: command.comment, position: command.position,
                    isSchemeAssumed: !hasScheme))
        }
    }

    /// What stands in a URL's place of the host, without who is calling.
    private static func host(_ text: String) -> String {
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        let host = text[start...].prefix { !"/?#".contains($0) }
        let name = host.lastIndex(of: "@").map { host[host.index(after: $0)...] } ?? host
        return IdentifierKind(String(name)) == nil ? String(name) : "…"
    }

    private static func assemble(_ calls: [Call], _ assembly: inout DraftAssembly) {
        let origin = mostCalled(calls)
        assembly.base = origin.flatMap { try? BaseURL($0.description) }
        var offsets: [CallKey: Int] = [:]
        for call in calls {
            let method = call.command.method
            let shape = PathShape(call.url.path, named: { Placeholder.read($0) })
            var planned = PlannedOperation(
                method: String(method.prefix(32)), path: shape?.template().text ?? "…", description: call.comment,
                pointer: .root,
                position: call.position)
            guard call.url.origin == origin else {
                planned.leaveOut(
                    "other_host",
                    "The call is to \(call.url.origin); an API has one host, and most calls are to another.")
                assembly.operations.append(planned)
                continue
            }
            let fields = CallCredentials(
                headers: call.command.headers, query: call.url.query + call.command.query,
                urlHoldsCredential: call.url.holdsCredential)
            assembly.credentials.add(fields.schemes + call.command.schemes)
            assembly.scrub.add(fields.secrets)
            guard EndpointShape.methods.contains(method) else {
                planned.leaveOut("method_not_supported", "No endpoint can have this method.")
                assembly.operations.append(planned)
                continue
            }
            guard let path = shape else {
                planned.leaveOut(
                    "path_not_supported", "No endpoint can have this path: it has empty segments, or too many.")
                assembly.operations.append(planned)
                continue
            }
            let notes = findings(of: call)
            let identity = CallIdentity(fields, call.body)
            let key = CallKey(method: method, path: planned.path, identity: identity)
            if let offset = offsets[key] {
                assembly.operations[offset].shape?.add(path, fields, call.body, answers: [])
                assembly.operations[offset].findings += notes
                continue
            }
            offsets[key] = assembly.operations.count
            var endpoint = EndpointShape(method: method, path: path, identity: identity)
            endpoint.add(path, fields, call.body, answers: [])
            planned.shape = endpoint
            planned.findings = notes
            assembly.operations.append(planned)
        }
    }

    private static func findings(of call: Call) -> [Finding] {
        var notes = call.command.notes.map { Finding($0.effect, $0.code, $0.message, position: call.position) }
        if call.isSchemeAssumed {
            notes.append(
                Finding(
                    .change, "scheme_assumed", "The URL has no scheme; https was taken, where curl would take http.",
                    position: call.position))
        }
        return notes
    }

    private static func mostCalled(_ calls: [Call]) -> Origin? {
        var counts: [Origin: Int] = [:]
        for call in calls { counts[call.url.origin, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        return calls.first { counts[$0.url.origin] == most }?.url.origin
    }
}
