import Drafts
import Value

/// Pointers as they are shown: names that look like somebody's data stand as `*`.
enum ShownPointer {
    static func hiding(_ pointer: JSONPointer) -> JSONPointer {
        JSONPointer(
            pointer.tokens.map { token in
                let isIndex = token.utf8.count <= 4 && token.utf8.allSatisfy(ASCIIText.isDigit)
                return isIndex || IdentifierKind(token) == nil ? token : "*"
            })
    }
}
