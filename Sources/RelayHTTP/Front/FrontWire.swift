import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The parts of requests and answers as one version of HTTP has them.
protocol FrontWire {
    associatedtype Inbound: Sendable
    associatedtype Outbound: Sendable

    static func part(_ inbound: Inbound) -> FrontPart
    static func head(_ status: Int, _ headers: HTTPHeaders) -> Outbound
    static func body(_ bytes: ByteBuffer) -> Outbound
    static var end: Outbound { get }
    static func isEnd(_ outbound: Outbound) -> Bool
}

/// A part of a request.
enum FrontPart {
    case head(FrontRequest)
    case body(ByteBuffer)
    case end
}

/// HTTP/1.1, as NIO's codec has it.
enum HTTP1Wire: FrontWire {
    static func part(_ inbound: HTTPServerRequestPart) -> FrontPart {
        switch inbound {
        case .head(let head):
            .head(FrontRequest(method: head.method.rawValue, target: head.uri, headers: head.headers))
        case .body(let bytes): .body(bytes)
        case .end: .end
        }
    }

    static func head(_ status: Int, _ headers: HTTPHeaders) -> HTTPServerResponsePart {
        .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers))
    }

    static func body(_ bytes: ByteBuffer) -> HTTPServerResponsePart { .body(.byteBuffer(bytes)) }
    static var end: HTTPServerResponsePart { .end(nil) }

    static func isEnd(_ outbound: HTTPServerResponsePart) -> Bool {
        if case .end = outbound { true } else { false }
    }
}

/// One stream of HTTP/2.
enum HTTP2Wire: FrontWire {
    static func part(_ inbound: HTTPRequestPart) -> FrontPart {
        switch inbound {
        case .head(let head):
            .head(
                FrontRequest(
                    method: head.method.rawValue, target: head.path ?? "", headers: HTTPHeaders(head.headerFields)))
        case .body(let bytes): .body(bytes)
        case .end: .end
        }
    }

    static func head(_ status: Int, _ headers: HTTPHeaders) -> HTTPResponsePart {
        .head(HTTPResponse(status: .init(code: status), headerFields: HTTPFields(headers, splitCookie: false)))
    }

    static func body(_ bytes: ByteBuffer) -> HTTPResponsePart { .body(bytes) }
    static var end: HTTPResponsePart { .end(nil) }

    static func isEnd(_ outbound: HTTPResponsePart) -> Bool {
        if case .end = outbound { true } else { false }
    }
}
