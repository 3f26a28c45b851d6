import Foundation
import NIOCore
import NIOPosix
import TestSupport

/// A real nginx, over TLS with HTTP/2, for as long as a test runs.
struct Nginx {
    let port: Int

    static func with<R: Sendable>(
        _ leaf: Certificates.Leaf = .good, extra: String = "", _ body: (Nginx) async throws -> R
    ) async throws -> R {
        try await Certificates.make()
        let port = try await freePort()
        let folder = "\(TestFiles.folder)/nginx-\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Not worth compressing, and not a multiple of anything.
        let big = Data(repeating: 0x78, count: 8 << 20)
        try big.write(to: URL(fileURLWithPath: "\(folder)/big"))
        let configuration = """
            daemon off;
            master_process off;
            pid \(folder)/pid;
            error_log stderr notice;
            events {}
            http {
              access_log off;
              client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy; fastcgi_temp_path \(folder)/fcgi;
              uwsgi_temp_path \(folder)/uwsgi; scgi_temp_path \(folder)/scgi;
              server {
                listen 127.0.0.1:\(port) ssl http2;
                ssl_certificate \(Certificates.certificate(leaf));
                ssl_certificate_key \(Certificates.key(leaf));
                root \(folder);
                client_max_body_size 0;
                add_header x-connection $connection;
                location /small { return 200 "$server_protocol $request_method $ssl_client_verify"; }
                \(extra)
              }
            }
            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(folder)/nginx.conf"))
        let server = try Program("nginx", ["-c", "\(folder)/nginx.conf"])
        defer { server.kill(SIGKILL) }
        // Said when it listens.
        try await server.line(containing: "OS: Linux")
        return try await body(Nginx(port: port))
    }

    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }
}
