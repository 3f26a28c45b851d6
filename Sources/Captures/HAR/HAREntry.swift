import Drafts
import EgressPolicy
import Value

/// One entry of an archive, as far as it matters.
struct HAREntry {
    let pointer: JSONPointer
    let method: String
    let url: CallURL
    let headers: [CallField]
    let body: CallBody?
    /// What was answered, where that was JSON and the call went well.
    let answer: JSON?
    /// Whether it is a call of some API, and one that was served.
    let isAPICall: Bool
    /// Whether a page came of it.
    let isPage: Bool

    private static let mostHeaders = 200
    private static let limits = JSONLimits(depth: 128, bytes: 16 << 20, nodes: 200_000)

    /// Nil for what has no method or no URL of HTTP.
    init?(_ entry: JSON, at pointer: JSONPointer) {
        guard let request = entry["request"], let method = request["method"]?.string?.uppercased(),
            let url = request["url"]?.string.flatMap({ CallURL($0) })
        else { return nil }
        self.pointer = pointer
        self.method = method
        self.url = url
        headers = Self.fields(request["headers"])
        let post = request["postData"]
        let type = post?["mimeType"]?.string ?? headers.first { $0.name.lowercased() == "content-type" }?.text
        body = Self.body(post, type)
        let response = entry["response"]
        let status = response?["status"]?.int ?? 0
        let content = response?["content"]
        let answerType = MediaType.essence(content?["mimeType"]?.string ?? "")
        let isGood = (200..<300).contains(status)
        isPage = isGood && method == "GET" && answerType == "text/html"
        answer = isGood && MediaType.isJSON(answerType) ? Self.answer(content) : nil
        if response?["status"] == nil {
            // Written by hand or by a tool that records requests alone.
            isAPICall = method != "OPTIONS" && method != "CONNECT" && !Self.isAsset(url.path)
        } else {
            isAPICall = Self.isAPICall(
                method: method, status: status, answerType: answerType, resource: entry["_resourceType"]?.string,
                hasBody: body != nil, path: url.path)
        }
    }

    private static func isAPICall(
        method: String, status: Int, answerType: String, resource: String?, hasBody: Bool, path: String
    ) -> Bool {
        // A redirect is followed by the call that counts.
        guard method != "OPTIONS", method != "CONNECT", status >= 200, !(300..<304).contains(status),
            ![307, 308, 404, 405, 501].contains(status)
        else { return false }
        if MediaType.isJSON(answerType) { return !path.hasSuffix(".map") && !path.hasSuffix(".webmanifest") }
        if let resource, !["xhr", "fetch"].contains(resource.lowercased()) { return false }
        // An answer without content, or a body that was sent by a script.
        let isScripted = resource != nil || status == 204 || hasBody && method != "GET"
        let isAsset = ["image/", "font/", "audio/", "video/", "text/css", "text/html"].contains {
            answerType.hasPrefix($0)
        }
        return isScripted && !isAsset && !answerType.contains("javascript")
    }

    private static func isAsset(_ path: String) -> Bool {
        [".js", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".woff", ".woff2", ".map", ".html"].contains {
            path.lowercased().hasSuffix($0)
        }
    }

    private static func fields(_ list: JSON?) -> [CallField] {
        (list?.array ?? []).prefix(mostHeaders).compactMap { item in
            guard let name = item["name"]?.string, !name.isEmpty else { return nil }
            return CallField(name, item["value"]?.string)
        }
    }

    private static func body(_ post: JSON?, _ type: String?) -> CallBody? {
        guard let post else { return nil }
        if let text = post["text"]?.string, !text.isEmpty, let body = CallBody(text, type: type) {
            if case .multipart(let found) = body, found.isEmpty { return .multipart(parameters(post)) }
            return body
        }
        let parameters = parameters(post)
        guard !parameters.isEmpty else { return nil }
        return MediaType.essence(type ?? "") == "multipart/form-data" ? .multipart(parameters) : .form(parameters)
    }

    private static func parameters(_ post: JSON) -> [CallField] {
        (post["params"]?.array ?? []).prefix(mostHeaders).compactMap { item in
            guard let name = item["name"]?.string, !name.isEmpty else { return nil }
            return CallField(name, item["value"]?.string, isFile: item["fileName"]?.string != nil)
        }
    }

    private static func answer(_ content: JSON?) -> JSON? {
        guard let text = content?["text"]?.string else { return Optional.none }
        if content?["encoding"]?.string?.lowercased() == "base64" {
            guard let bytes = Base64.decode(text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 }) else {
                return Optional.none
            }
            return try? JSON.parse(bytes, limits: limits)
        }
        return try? JSON.parse(text, limits: limits)
    }
}
