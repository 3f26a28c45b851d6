import ArgumentParser
import NIOCore
import NIOHTTP1
import NIOPosix

/// `penstock demo-crm`: the sample CRM, a process of its own until it is told to end.
struct SampleCRMCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-crm", abstract: "Serves the demo's sample CRM.", shouldDisplay: false)

    @Option(help: "Address and port, as in 127.0.0.77:8080.") var listen: String
    @Option(help: "File that holds the key it asks for.") var keyFile: String

    func validate() throws {
        guard address != nil else { throw ValidationError("--listen must be an address and a port.") }
    }

    func run() async throws {
        guard let address else { return }
        let crm = SampleCRM(key: try UserFile.text(keyFile))
        let server = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(SampleCRMHandler(crm))
                }
            }
        let channel: any Channel
        do {
            channel = try await server.bind(host: address.host, port: address.port).get()
        } catch {
            throw CommandFailure(.failed, "cannot listen on \(listen): \(error)")
        }
        Terminal.error("sample CRM on \(listen)")
        try await channel.closeFuture.get()
    }

    private var address: (host: String, port: Int)? {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]) else {
            return nil
        }
        return (1...65_535).contains(port) ? (String(listen[..<colon]), port) : nil
    }
}
