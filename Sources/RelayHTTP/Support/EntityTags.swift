/// The members of `If-Match` and `If-None-Match` (RFC 9110, section 13.1).
enum EntityTags {
    /// The list's members, `*` among them; a tag may hold commas.
    static func of(_ list: String) -> [String] {
        var tags: [String] = []
        var tag = ""
        var isQuoted = false
        for character in list {
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted {
                tags.append(tag)
                tag = ""
            } else if isQuoted || character != " " && character != "\t" {
                tag.append(character)
            }
        }
        return (tags + [tag]).filter { !$0.isEmpty }
    }
}
