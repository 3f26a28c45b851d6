# Starting, waiting for and ending the processes of a run. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# What a process runs under, by its name: words before its command.
declare -A pid=() under=()
# Seconds that a process may take until it serves.
patience=20
work='' watchdog='' why=''

install_needs() {
    local missing=() pair
    for pair in nginx:nginx-light wrk:wrk h2load:nghttp2-client curl:curl openssl:openssl ip:iproute2 strip:binutils; do
        command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    # Only what no command of that name is there for: a machine may have nginx from elsewhere.
    [ ${#missing[@]} = 0 ] || need_packages "${missing[@]}" >&2
}

# usage: prepare SECONDS — makes the folder of the run, and sees to it that nothing outlives the run.
prepare() {
    local parent=$BASHPID
    work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-bench.XXXXXX")
    chmod 755 "$work"
    trap cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    (
        trap 'kill $! 2>/dev/null; exit' TERM
        sleep "$1" &
        wait
        echo "bench: not done after $1 s, giving up" >&2
        kill -TERM "$parent"
    ) >/dev/null 2>"$work/watchdog.log" &
    watchdog=$!
}

cleanup() {
    local status=$?
    trap - EXIT INT TERM HUP
    stop_all
    if [ -n "${lab:-}" ]; then "$here/netlab/netlab.sh" down "$lab" >/dev/null 2>&1 || true; fi
    if [ -s "$work/watchdog.log" ]; then cat "$work/watchdog.log" >&2; fi
    kill "$watchdog" 2>/dev/null || true
    if [ "$status" != 0 ] && [ -n "${PENSTOCK_BENCH_KEEP:-}" ]; then
        echo "bench: logs are kept in $work" >&2
    else
        rm -rf "$work"
    fi
    exit "$status"
}

# usage: start NAME COMMAND… — its output goes to $work/NAME.log.
start() {
    local name=$1
    shift
    # shellcheck disable=SC2086
    ${under[$name]:-} "$@" >"$work/$name.log" 2>&1 </dev/null &
    pid[$name]=$!
}

stop() {
    local name polls=200
    for name in "$@"; do
        [ -n "${pid[$name]:-}" ] || continue
        kill -TERM "${pid[$name]}" 2>/dev/null || true
    done
    for name in "$@"; do
        [ -n "${pid[$name]:-}" ] || continue
        while [ "$polls" -gt 0 ] && kill -0 "${pid[$name]}" 2>/dev/null; do
            sleep 0.02
            polls=$((polls - 1))
        done
        kill -KILL "${pid[$name]}" 2>/dev/null || true
        wait "${pid[$name]}" 2>/dev/null || true
        unset "pid[$name]"
    done
}

stop_all() { stop "${!pid[@]}"; }

# A port that nobody listens on, below those that the kernel gives to clients.
next_port=$((20000 + RANDOM % 8000))
free_port() {
    local -n result=$1
    while :; do
        next_port=$((next_port + 1))
        if ! { exec 4<>"/dev/tcp/127.0.0.1/$next_port"; } 2>/dev/null; then break; fi
        exec 4>&-
    done
    result=$next_port
}

# usage: answers PORT [PATH] — whether the port takes connections, and says 200 to GET PATH.
answers() {
    local line=''
    { exec 4<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    if [ -n "${2:-}" ]; then
        printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&4
        read -r -t 2 line <&4 || true
    else
        line=' 200 '
    fi
    exec 4>&-
    [[ $line = *\ 200* ]]
}

# usage: await NAME PORT [PATH] — waits for the process NAME to answer; says why it does not.
await() {
    local deadline=$((SECONDS + patience))
    until answers "$2" "${3:-}"; do
        if ! kill -0 "${pid[$1]}" 2>/dev/null; then
            trouble "$1 ended instead of serving" "$1"
            return 1
        fi
        if [ "$SECONDS" -ge "$deadline" ]; then
            trouble "$1 did not answer on port $2${3:+ to $3} within $patience s" "$1"
            return 1
        fi
        sleep 0.01
    done
}

# usage: trouble SENTENCE [NAME] — remembers what does not work, and shows the end of that process's log.
trouble() {
    why=$1
    echo "bench: $1" >&2
    if [ -n "${2:-}" ] && [ -s "$work/$2.log" ]; then
        echo "bench: the last lines of its log:" >&2
        tail -n 12 "$work/$2.log" | sed 's/^/    /' >&2
    fi
}

# The only child of a process: nginx's worker, which may come after its master listens.
child_of() {
    local deadline=$((SECONDS + patience)) child=''
    until [ -n "$child" ] || [ "$SECONDS" -ge "$deadline" ]; do
        child=$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v parent="$1" '
            { id = $1; sub(/.*\) /, "") }
            $2 == parent && !found { print id; found = 1 }') || true
        [ -n "$child" ] || sleep 0.05
    done
    echo "$child"
}

# User and system time that a process has used in all its threads, in microseconds.
tick_us=$((1000000 / $(getconf CLK_TCK)))
cpu_us() { awk -v tick="$tick_us" '{ sub(/.*\) /, ""); printf "%.0f", ($12 + $13) * tick }' "/proc/$1/stat"; }

resident_kb() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }

calc() { awk "BEGIN { printf \"$1\", $2 }"; }
