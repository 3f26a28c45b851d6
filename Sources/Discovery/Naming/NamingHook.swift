import Drafts
import Value

/// What is told of an endpoint to whoever names it: method, path template, and the names of properties. No value.
package struct NamingQuestion: Sendable, Hashable {
    /// Its place among the questions.
    package var id: Int
    package var method: String
    package var path: String
    /// The name that it has.
    package var name: String
    package var properties: [String]
}

/// A proposal. Nothing in it is believed: it is held against the rules for names and texts.
package struct NamingSuggestion: Sendable, Hashable {
    package var id: Int
    package var name: String?
    package var description: String?

    package init(id: Int, name: String? = nil, description: String? = nil) {
        self.id = id
        self.name = name
        self.description = description
    }
}

/// Why nothing was proposed. The message is shown: no address, no secret, nothing of the answer.
package struct NamingError: Error, Sendable, Hashable {
    package var message: String

    package init(_ message: String) {
        self.message = message
    }
}

/// Names and describes endpoints that nobody named. Everything works without one.
package protocol NamingHook: Sendable {
    func suggest(_ questions: [NamingQuestion]) async throws(NamingError) -> [NamingSuggestion]
}
