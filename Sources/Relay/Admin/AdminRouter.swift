import HTTPTypes
import Hummingbird
import NIOCore

/// `/livez`, `/readyz` and `/metrics` on the admin listener, without authentication.
func buildAdminRouter(isReady: @escaping @Sendable () -> Bool, metrics: RelayMetrics) -> Router<BasicRequestContext> {
    let router = Router()
    router.get("livez") { _, _ in "ok\n" }
    router.get("readyz") { _, _ -> Response in
        let ready = isReady()
        return Response(
            status: ready ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: ready ? "ok\n" : "not ready\n")))
    }
    router.get("metrics") { _, _ in
        Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text())))
    }
    return router
}
