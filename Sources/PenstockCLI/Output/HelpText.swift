/// A command's help as people read it: what is the command's own before what every command takes.
enum HelpText {
    /// The section "EVERYWHERE" moved behind the other options; other texts as they are.
    static func ordered(_ text: String) -> String {
        var sections: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if isHeading(line) || sections.isEmpty { sections.append("") }
            sections[sections.count - 1] += line + "\n"
        }
        guard let everywhere = sections.firstIndex(where: { $0.hasPrefix("EVERYWHERE:") }),
            let options = sections.lastIndex(where: { $0.hasPrefix("OPTIONS:") }), everywhere < options
        else { return text }
        let section = sections.remove(at: everywhere)
        sections.insert(section, at: options)
        return sections.joined()
    }

    private static func isHeading(_ line: Substring) -> Bool {
        line.hasSuffix(":") && line.first?.isUppercase == true
            && line.dropLast().allSatisfy { $0.isUppercase || $0 == " " }
    }
}
