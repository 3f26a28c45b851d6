#!/usr/bin/env bash
# A network laboratory of two namespaces with a slow, lossy or silent wire between them; README.md says how to use it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=$here/.build/release/netlab
root=/run/netlab
mtu=1500

usage() {
    cat >&2 <<'END'
usage: netlab.sh build
       netlab.sh up NAME [--delay 50ms] [--loss PERCENT] [--rate BYTES/S] [--queue BYTES] [--seed N]
       netlab.sh run NAME [the same options] -- COMMAND…     up, COMMAND, down
       netlab.sh exec NAME a|b COMMAND…
       netlab.sh drop|pass|stats|down NAME
       netlab.sh delay|loss|rate|queue|seed NAME VALUE
END
    exit 64
}

fail() {
    echo "netlab: $2" >&2
    exit "$1"
}

require() {
    [ "$(id -u)" = 0 ] || fail 2 "this needs root, to make network namespaces and tun interfaces."
    local tool
    for tool in ip sysctl flock setsid; do
        command -v "$tool" >/dev/null || fail 2 "this needs $tool (packages iproute2, procps and util-linux)."
    done
    [ -c /dev/net/tun ] || fail 2 "this needs /dev/net/tun, which is the kernel's tun module."
}

# Sets name and directory, and keeps other calls for the same name waiting until this one is done.
take() {
    name=$1
    [[ $name =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || fail 64 "'$name' is not a name: use small letters, digits and hyphens."
    directory=$root/$name
    mkdir -p "$root"
    exec 9>"$root/$name.lock"
    flock 9
}

build() {
    [ -x "$binary" ] && [ -z "$(find "$here/Sources" "$here/Package.swift" -newer "$binary" -print -quit)" ] && return
    command -v swift >/dev/null || fail 2 "this needs swift once, to build $binary."
    swift build -c release --package-path "$here" --product netlab >&2
    touch "$binary"
}

# The forwarder's process, if it runs; a number that something else has got since does not count.
forwarder() {
    local pid
    pid=$(cat "$directory/pid" 2>/dev/null) || return 1
    [[ $(readlink "/proc/$pid/exe") = */netlab* ]] || return 1
    echo "$pid"
}

# Sends one command and prints the answer to it, so that the command has taken effect when this returns.
ask() {
    local answer
    forwarder >/dev/null || fail 1 "$name is not up."
    # Opened both ways, since a pipe opened one way waits for the other end, which may have died.
    exec 7<>"$directory/replies" 8<>"$directory/control"
    while read -r -t 0 -u 7; do read -r -t 1 -u 7 answer || break; done
    echo "$*" >&8
    for _ in $(seq 20); do
        answer=
        if read -r -t 0.5 -u 7 answer || ! forwarder >/dev/null; then break; fi
    done
    exec 7>&- 8>&-
    [ -n "$answer" ] || fail 1 "$name does not answer: $(cat "$directory/log")"
    case $answer in
    error:*) fail 1 "${answer#error: }" ;;
    ok) ;;
    *) echo "$answer" ;;
    esac
}

complete() {
    forwarder >/dev/null && ip -n "$name-a" link show dev tun0 &>/dev/null && ip -n "$name-b" link show dev tun0 &>/dev/null
}

remove() {
    local pid side left
    if pid=$(forwarder); then
        if [ "${1:-}" = report ]; then (ask quit) || true; fi
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 100); do
            forwarder >/dev/null || break
            sleep 0.02
        done
        if forwarder >/dev/null; then kill -KILL "$pid" || true; fi
    fi
    for side in a b; do
        [ -e "/run/netns/$name-$side" ] || continue
        left=$(ip netns pids "$name-$side" | wc -l)
        [ "$left" = 0 ] || echo "netlab: $left process(es) still run in $name-$side, without a network now." >&2
        ip netns delete "$name-$side"
    done
    rm -rf "$directory"
}

namespace() {
    ip netns add "$name-$1" || fail 2 "this needs the right to make network namespaces (CAP_SYS_ADMIN)."
    ip -n "$name-$1" link set dev lo up
    # Windows of 32 MiB and more, and no memory of earlier connections, so that runs can be compared.
    ip netns exec "$name-$1" sysctl -qw net.ipv4.tcp_rmem="4096 131072 134217728" \
        net.ipv4.tcp_wmem="4096 65536 134217728" net.ipv4.tcp_no_metrics_save=1 ||
        echo "netlab: the TCP windows in $name-$1 stay as they are; these sysctls are not permitted." >&2
}

# Moves the forwarder's interface into its namespace. IPv6 is off there, so that no packet but the tests' own is counted.
interface() {
    ip link set dev "$1" netns "$name-$2" name tun0
    ip netns exec "$name-$2" sysctl -qw net.ipv6.conf.tun0.disable_ipv6=1 2>/dev/null || true
    ip -n "$name-$2" address add "$3" dev tun0
    ip -n "$name-$2" link set dev tun0 mtu $mtu txqueuelen 10000 up
}

up() {
    local option value settings=() ready
    [ $# -gt 0 ] && take "$1" && shift
    local -A wanted=([delay]=0 [loss]=0 [rate]=0 [queue]=0 [seed]=1)
    while [ $# -gt 0 ]; do
        option=${1#--} value=${2:-}
        [ "$1" != "$option" ] && [ -n "$value" ] && [ -n "${wanted[$option]:-}" ] || usage
        wanted[$option]=$value
        shift 2
    done
    build

    if complete; then
        for option in "${!wanted[@]}"; do ask "$option" "${wanted[$option]}"; done
        ask pass
        return
    fi

    remove
    trap 'remove' EXIT
    trap 'exit 130' INT TERM HUP
    mkdir -p "$directory"
    mkfifo "$directory/control" "$directory/replies"
    namespace a
    namespace b
    for option in "${!wanted[@]}"; do settings+=("--$option" "${wanted[$option]}"); done
    exec 7<>"$directory/replies"
    setsid "$binary" "${settings[@]}" <>"$directory/control" 1<>"$directory/replies" 2>"$directory/log" 7>&- 9>&- &
    echo $! >"$directory/pid"
    read -r -t 5 -u 7 -a ready || fail 1 "the forwarder did not start: $(cat "$directory/log")"
    exec 7>&-
    interface "${ready[1]}" a 10.77.0.1/24
    interface "${ready[2]}" b 10.77.0.2/24
    trap - EXIT INT TERM HUP
}

run() {
    local options=() status=0
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    [ $# -gt 1 ] && [ ${#options[@]} -gt 0 ] || usage
    shift
    up "${options[@]}"
    exec 9>&-
    trap 'take "$name"; remove report >&2' EXIT
    trap 'exit 130' INT TERM HUP
    "$@" || status=$?
    exit $status
}

enter() {
    local side=${2:-}
    [ $# -gt 2 ] && [[ $side = [ab] ]] || usage
    [ -e "/run/netns/$1-$side" ] || fail 1 "$1 is not up."
    local namespace=$1-$side
    shift 2
    exec ip netns exec "$namespace" "$@"
}

action=${1:-}
[ $# -gt 0 ] && shift
case $action in
build) build ;;
up | run | exec | down | drop | pass | stats | delay | loss | rate | queue | seed)
    [ $# -gt 0 ] || usage
    require
    case $action in
    up) up "$@" ;;
    run) run "$@" ;;
    exec) enter "$@" ;;
    down) take "$1" && remove report ;;
    drop | pass | stats) [ $# = 1 ] || usage; take "$1" && ask "$action" ;;
    *) [ $# = 2 ] || usage; take "$1" && ask "$action" "$2" ;;
    esac
    ;;
*) usage ;;
esac
