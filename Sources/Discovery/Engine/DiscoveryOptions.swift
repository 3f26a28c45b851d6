/// What a discovery may do and cost.
package struct DiscoveryOptions: Sendable {
    /// All requests together. 60 by default.
    package var requests = 60
    /// Of all answers together. 32 MiB by default.
    package var bytes = 32 << 20
    /// Of one answer. 8 MiB by default.
    package var bytesOfOne = 8 << 20
    /// From the first request to the result. 2 minutes by default.
    package var deadline = Duration.seconds(120)
    /// For one request. 10 s by default.
    package var timeout = Duration.seconds(10)
    /// Between the starts of two requests: four in a second by default.
    package var pause = Duration.milliseconds(250)
    /// Redirects from one address, within its origin. 3 by default.
    package var redirects = 3
    /// Links from the base URL to a page. 2 by default.
    package var depth = 2
    /// Which addresses found in documents may be asked. `site` by default.
    package var reach = Reach.site
    /// Whether GraphQL introspection may be sent by POST where GET does not answer. It reads only, but it is a POST. No
    /// by default.
    package var allowsIntrospectionPost = false
    /// Paths below the base URL to learn from, such as `/customers/42`.
    package var samples: [String] = []
    /// Whether links in answers are followed to learn from more of them. Yes by default.
    package var followsLinks = true
    /// Calls that were made, to learn from where no description is found.
    package var observed: ObservedCalls?

    /// The defaults that the properties name.
    package init() {}
}
