#!/usr/bin/env bash
# Prints what the laboratory reaches on this machine: round trip, and one TCP connection's speed. Needs root and python3.
set -euo pipefail
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/netlab.sh
name=measure-$$

# usage: transfer MEBIBYTES — a sends to b; prints the connection's rate as the receiver sees it, and the first round trip.
transfer() {
    local receiver
    coproc "$lab" exec $name b python3 -u -c '
import socket, time
listener = socket.create_server(("10.77.0.2", 7000))
print("listening")
peer, _ = listener.accept()
room, total, start = bytearray(1 << 20), 0, time.monotonic()
samples = [(start, 0)]
while count := peer.recv_into(room):
    total += count
    now = time.monotonic()
    if now - samples[-1][0] >= 0.5: samples.append((now, total))
end = time.monotonic()
samples.append((end, total))
best = max((b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(samples, samples[1:]) if b[0] - a[0] > 0.1 or len(samples) == 2)
print(f"{total / 1e6 / (end - start):.0f} MB/s over all, {best / 1e6:.0f} MB/s in its best half second, {end - start:.1f} s")
'
    receiver=$COPROC_PID
    read -r -u "${COPROC[0]}" _
    "$lab" exec $name a python3 -c '
import socket, sys, time
start = time.monotonic()
peer = socket.create_connection(("10.77.0.2", 7000))
print(f"connect {(time.monotonic() - start) * 1e3:.2f} ms", end=", ")
block = bytes(1 << 20)
for _ in range(int(sys.argv[1])): peer.sendall(block)
' "$1"
    cat <&"${COPROC[0]}"
    wait "$receiver"
}

trap '"$lab" down $name >/dev/null' EXIT
# name of the set-up | mebibytes | options
while IFS='|' read -r title amount options; do
    # shellcheck disable=SC2086
    "$lab" up $name $options
    printf '%s: ' "$title"
    transfer "$amount" </dev/null
    "$lab" down $name >/dev/null
done <<'END'
no delay|2048|
50 ms each way|1024|--delay 50ms
no delay, 20 MB/s|100|--rate 20MB
no delay, 1,500-byte packets|1024|--loss 0.0000001
10 ms each way, 0.1 % loss|256|--delay 10ms --loss 0.1
END
