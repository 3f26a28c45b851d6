/// Who writes a definition, and over what.
package struct DefinitionContext: Sendable {
    package var user: String
    /// The API's id: a new one, or that of `existing`.
    package var api: String
    /// What is stored now; `nil` when the API is new.
    package var existing: StoredAPI?
    /// The ids of the user's tunnels; `nil`: not checked.
    package var tunnels: Set<String>?

    package init(user: String, api: String, existing: StoredAPI? = nil, tunnels: Set<String>?) {
        self.user = user
        self.api = api
        self.existing = existing
        self.tunnels = tunnels
    }

    /// The one reference that a secret field of this API can have.
    func reference(_ field: String) -> String {
        "vault://users/\(user)/apis/\(api)/\(field)"
    }
}
