import Glibc

/// A tun interface and the descriptor that carries its packets.
///
/// The interface is made in the network namespace of this process and may then be moved to another one: the descriptor
/// goes with it. It vanishes when the descriptor is closed.
final class TunDevice {
    // From linux/if_tun.h, which Glibc's module does not hold.
    private static let setInterface: UInt = 0x4004_54CA
    private static let setOffload: UInt = 0x4004_54D0
    private static let tunWithoutInfoWithOffloadHeader: UInt16 = 0x0001 | 0x1000 | 0x4000
    private static let offloadChecksumAndTCP4: CInt = 0x01 | 0x02 | 0x08

    /// How many bytes of `struct virtio_net_hdr` stand before each packet.
    static let headerBytes = 10

    let descriptor: CInt
    /// The name the kernel gave it.
    let name: String

    /// Makes the next free `netlabN`. Throws when `/dev/net/tun` is missing or the process may not make interfaces.
    init() throws(LabError) {
        descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot open /dev/net/tun") }

        var request = [UInt8](repeating: 0, count: MemoryLayout<ifreq>.size)
        request.replaceSubrange(0..<8, with: Array("netlab%d".utf8))
        withUnsafeBytes(of: Self.tunWithoutInfoWithOffloadHeader) { request.replaceSubrange(16..<18, with: $0) }
        guard ioctl(descriptor, Self.setInterface, &request) == 0 else {
            let error = LabError.system("cannot make a tun interface (this needs CAP_NET_ADMIN)")
            close(descriptor)
            throw error
        }
        name = String(decoding: request[..<16].prefix { $0 != 0 }, as: UTF8.self)
    }

    deinit {
        close(descriptor)
    }

    /// Lets the kernel hand over TCP segments of up to 64 KiB, or has it cut them to the MTU first.
    func offloadSegmentation(_ isOn: Bool) throws(LabError) {
        guard ioctl(descriptor, Self.setOffload, isOn ? Self.offloadChecksumAndTCP4 : 0) == 0 else {
            throw .system("cannot set the offloads of \(name)")
        }
    }

    /// The next packet the interface's namespace sends, header included, or `nil` when there is none for now. Throws
    /// when the interface is gone.
    func read(into room: UnsafeMutableRawBufferPointer) throws(LabError) -> Int? {
        while true {
            let count = Glibc.read(descriptor, room.baseAddress, room.count)
            if count > 0 { return count }
            switch errno {
            case _ where count == 0: return nil
            case EINTR: continue
            case EAGAIN: return nil
            default: throw .system("cannot read from \(name)")
            }
        }
    }

    /// Hands a packet, header included, to the interface's namespace; `false` when the kernel did not take it.
    func write(_ packet: UnsafeRawBufferPointer) -> Bool {
        while true {
            let count = Glibc.write(descriptor, packet.baseAddress, packet.count)
            if count >= 0 { return true }
            if errno != EINTR { return false }
        }
    }
}
