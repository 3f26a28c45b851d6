package import Value

/// What a tool costs an agent's model to be told of: an estimate of the tokens of its listing. Each tool is paid for in
/// every conversation, whether it is called or not.
package enum ToolCost {
    /// Tokens of a listing: name, description and the arguments' schema as compact JSON.
    ///
    /// - Parameter arguments: self-contained, as the compiled endpoint has it.
    package static func tokens(name: String, description: String?, arguments: JSON) -> Int {
        tokens(of: name) + tokens(of: description ?? "") + tokens(of: arguments.text())
    }

    /// Tokens of any text; see `TokenEstimate` for how far that is to be believed.
    package static func tokens(of text: String) -> Int { TokenEstimate.count(of: text) }
}
