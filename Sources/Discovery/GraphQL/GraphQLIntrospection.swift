import EgressPolicy
import Value

/// Asking a GraphQL server for its schema.
enum GraphQLIntrospection {
    /// Deep enough for `[[Type!]!]!`.
    static let query = """
        query PenstockIntrospection{__schema{queryType{name} mutationType{name} subscriptionType{name} \
        types{kind name description fields(includeDeprecated:true){name description isDeprecated \
        args{name description type{...R} defaultValue} type{...R}} \
        inputFields{name description type{...R} defaultValue} \
        enumValues(includeDeprecated:true){name}}}} \
        fragment R on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name \
        ofType{kind name}}}}}}
        """

    static func prepare(_ request: inout DiscoveryRequest) {
        // Servers with a guard against forged requests want a header that no form can send.
        request.headers = [
            ("Accept", "application/graphql-response+json, application/json;q=0.9"),
            ("Apollo-Require-Preflight", "true"),
        ]
        if request.method == .post {
            request.headers.append(("Content-Type", "application/json"))
            request.body = JSON.object(["query": .string(query)]).bytes()
        } else {
            let target = "\(request.address.path)?query=\(encoded(query))"
            if let asked = WebAddress(request.address.origin, path: target) { request.address = asked }
        }
    }

    private static func encoded(_ text: String) -> String {
        var output = ""
        let digits = Array("0123456789ABCDEF".unicodeScalars)
        for byte in text.utf8 {
            if ASCIIText.isWord(byte) || byte == UInt8(ascii: ".") {
                output.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                output.unicodeScalars.append("%")
                output.unicodeScalars.append(digits[Int(byte >> 4)])
                output.unicodeScalars.append(digits[Int(byte & 15)])
            }
        }
        return output
    }
}
