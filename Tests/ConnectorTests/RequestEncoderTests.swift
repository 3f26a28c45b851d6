import HTTP1
import NIOCore
import NIOHTTP1
import Testing

@testable import Connector
@testable import ReverseHTTP

@Suite struct RequestEncoderTests {
    private func text(
        _ method: String, _ headers: HTTPHeaders = [:], endStream: Bool = true
    ) throws -> String {
        let head = RequestHead(
            method: method, scheme: "http", authority: "ignored", path: "/a?b=%20", headers: headers)
        let request = try OriginRequest(head, endStream: endStream)
        return String(
            buffer: RequestEncoder.head(
                method: request.method, target: request.target, host: "origin.test:8080", fields: request.fields))
    }

    @Test("a head is request line, host, the fields in their order, and how the body is framed")
    func heads() throws {
        #expect(try text("GET") == "GET /a?b=%20 HTTP/1.1\r\nhost: origin.test:8080\r\n\r\n")
        #expect(
            try text("POST", ["x-b": "2", "x-a": "1"], endStream: false)
                == "POST /a?b=%20 HTTP/1.1\r\nhost: origin.test:8080\r\nx-b: 2\r\nx-a: 1\r\n"
                + "transfer-encoding: chunked\r\n\r\n")
        #expect(try text("PUT", ["content-length": "3"], endStream: false).hasSuffix("\r\ncontent-length: 3\r\n\r\n"))
        for method in ["POST", "PUT", "PATCH"] {
            #expect(try text(method).hasSuffix("\r\ncontent-length: 0\r\n\r\n"))
        }
        #expect(try !text("DELETE").contains("content-length"))
    }

    @Test("a GET may have a body, and any token is a method")
    func methods() throws {
        #expect(try text("GET", ["content-length": "2"], endStream: false).contains("content-length: 2"))
        for method in ["LIST", "PROPFIND", "REPORT", "M-SEARCH"] {
            #expect(try text(method).hasPrefix("\(method) /a?b=%20 HTTP/1.1\r\n"))
        }
    }

    @Test("fields of the connection, of the tunnel and a second host stay behind")
    func leftOut() throws {
        let headers: HTTPHeaders = [
            "connection": "x-mine", "transfer-encoding": "gzip", "te": "trailers", "upgrade": "h2c", "host": "other",
            "penstock-request-id": "1", "proxy-authorization": "x", "expect": "100-continue", "x-kept": "1",
        ]
        #expect(
            try text("GET", headers)
                == "GET /a?b=%20 HTTP/1.1\r\nhost: origin.test:8080\r\nx-kept: 1\r\n\r\n")
    }

    @Test("a length that does not fit the request is refused", arguments: ["x", "-1", "+1", "", "5"])
    func lengths(_ length: String) {
        #expect(throws: Failure.self) { try text("GET", ["content-length": length]) }
    }

    @Test("chunks and their end")
    func chunks() {
        #expect(String(buffer: RequestEncoder.chunkStart(255)) == "ff\r\n")
        #expect(String(buffer: RequestEncoder.lastChunk(trailers: nil)) == "0\r\n\r\n")
        #expect(
            String(buffer: RequestEncoder.lastChunk(trailers: ["x-end": "1", "content-length": "5"]))
                == "0\r\nx-end: 1\r\n\r\n")
    }
}
