import CCurl
import Dialling
import EgressPolicy
import Glibc
import NIOCore

/// Connections that are made: sockets that race for a transfer.
extension LoopCore {
    /// Takes the transfer away from libcurl while its addresses race.
    func runRace(of transfer: Transfer) {
        curl_multi_remove_handle(transfer.multi.raw, transfer.easy.raw)
        transfer.settleSockets()
        if let race = transfer.race { follow(race.advance(now: now), for: transfer) }
        schedule(transfer)
    }

    func follow(_ step: ConnectRace.Step, for transfer: Transfer) {
        switch step {
        case .running:
            guard let race = transfer.race else { return }
            for (descriptor, _) in race.running where racing[descriptor] == nil {
                racing[descriptor] = transfer
                sockets.opened(descriptor, by: ObjectIdentifier(transfer), now: now)
                poller.watch(descriptor, events: CURL_POLL_OUT, isNew: true)
            }
            if let due = race.due { deadlines.insert(.race(ObjectIdentifier(transfer.easy)), due: due) }
        case .won(let descriptor, let address):
            for loser in transfer.won(descriptor, address) { discard(loser) }
            run(transfer)
        case .lost(let error):
            end(transfer, transfer.raceFault(error))
        }
    }

    /// A socket of a race that libcurl has not been given.
    func discard(_ descriptor: Int32) {
        racing[descriptor] = nil
        sockets.closed(descriptor)
        close(descriptor)
    }

    /// Remembers an address that let a transfer wait in vain.
    func noteSilence(of transfer: Transfer, _ kind: EgressError.Kind) {
        transfer.race?.timedOut(now: now)
        if kind == .tlsFailed(.timeout), let address = transfer.dialled.last {
            silent.insert(address, port: transfer.dialledPort, now: now)
        }
    }
}
