import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// Shows what live answers ask of an API's schemas, and decides on it.
    struct Drift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows where live answers stopped matching their schemas, and the proposed change.",
            discussion: """
                Without an id it lists the open proposals; with an id it shows what would change. Accepting a proposal \
                changes the definition. A dismissed one is not proposed again while the schema stays as it is.

                Examples:
                  penstock apis drift my_company_crm
                  penstock apis drift my_company_crm drf_7zk1m0q4s8x2c5vn
                  penstock apis drift my_company_crm --accept drf_7zk1m0q4s8x2c5vn
                """)

        private static let columns = [
            Column("Id"), Column("Endpoint"), Column("Status"), Column("Mismatches"), Column("Examined"),
            Column("Last seen", "last_seen_at"), Column("Where"),
        ]

        @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String
        @Argument(help: "The proposal to show.") var id: String?
        @Option(help: ArgumentHelp("Make the proposed change.", valueName: "id")) var accept: String?
        @Option(help: ArgumentHelp("Leave the schema as it is.", valueName: "id")) var dismiss: String?
        @Option(help: ArgumentHelp("List these: open, accepted, dismissed, stale or all.", valueName: "status"))
        var status = "open"
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard [id, accept, dismiss].count(where: { $0 != nil }) < 2 else {
                throw ValidationError("Show, accept or dismiss one proposal at a time.")
            }
        }

        func run() async throws {
            try await options.withRelay { relay, printer in
                let path = "/v1/apis" / slug / "drift"
                if let id = id ?? accept ?? dismiss {
                    let shown = try await relay.send(.GET, path / id).body
                    if printer.format == .table {
                        for line in ProposalText(shown).lines { Terminal.output(line.printable) }
                    }
                    guard accept != nil || dismiss != nil else {
                        if printer.format != .table { printer.value(shown) }
                        return
                    }
                    let verb: StaticString = accept != nil ? "accept" : "dismiss"
                    let decided = try await relay.send(.POST, (path / id).verb(verb)).body
                    if printer.format != .table { printer.value(decided) }
                    printer.note(accept != nil ? "Accepted: the definition has changed." : "Dismissed.")
                } else {
                    let items = try await relay.list(status == "all" ? path : path.query("status", status))
                    guard printer.format == .table else { return printer.list(items, [], none: "") }
                    printer.list(
                        items.map(Self.row), Self.columns, none: "There are no such proposals: answers match.")
                }
            }
        }

        /// The proposal, with where it deviates on one line.
        private static func row(_ proposal: JSON) -> JSON {
            guard var object = proposal.object else { return proposal }
            let paths = (proposal["deviations"]?.array ?? []).compactMap { $0["path"]?.string }
            let distinct = paths.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            let shown = distinct.prefix(3).map { $0.isEmpty ? "/" : $0 }
            object["where"] = .string(shown.joined(separator: ", ") + (distinct.count > 3 ? ", …" : ""))
            return .object(object)
        }
    }
}

/// A proposal for eyes: what was found, and what would change.
struct ProposalText {
    private(set) var lines: [String]

    init(_ proposal: JSON) {
        func text(_ key: String) -> String { Table.text(proposal[key]) }
        lines = [
            "\(text("endpoint")): \(text("mismatches")) answers did not match, \(text("examined")) were examined; "
                + "\(text("status"))",
            "Found:",
        ]
        for deviation in proposal["deviations"]?.array ?? [] {
            let path = deviation["path"]?.string ?? ""
            lines.append(
                "  \(path.isEmpty ? "/" : path): \(Table.text(deviation["found"])), where "
                    + "\(Table.text(deviation["schema"])) refuses it (\(Table.text(deviation["count"])) times)")
        }
        if let obstacle = proposal["obstacle"]?.string { lines.append("No change is proposed: \(obstacle)") }
        for change in proposal["changes"]?.array ?? [] {
            lines.append("Would change \(Table.text(change["pointer"])), of \(Table.text(change["endpoints"])):")
            for edit in change["difference"]?.array ?? [] {
                let pointer = edit["pointer"]?.string ?? ""
                switch (edit["old"], edit["new"]) {
                case (let old?, let new?): lines.append("  ~ \(pointer): \(Self.short(old)) → \(Self.short(new))")
                case (nil, let new?): lines.append("  + \(pointer): \(Self.short(new))")
                case (let old, nil): lines.append("  - \(pointer): \(Self.short(old ?? .null))")
                }
            }
        }
    }

    private static let longest = 200

    private static func short(_ value: JSON) -> String {
        let text = value.text()
        return text.count <= longest ? text : String(text.prefix(longest)) + "…"
    }
}
