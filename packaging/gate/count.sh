# Counting what a call costs a process, under valgrind's callgrind. Sourced by gate.sh.
# shellcheck shell=bash disable=SC2034,SC2154

warm_up=200 calls=2000 connections=2

# Copies without debug information, which valgrind may not be able to read, and what pins the number of processors.
make_countable() {
    local product
    mkdir -p "$work/bin"
    for product in penstock-relay penstock-connector penstock-bench; do
        [ -x "$bin/$product" ] || fail "there is no $bin/$product"
        strip -g -o "$work/bin/$product" "$bin/$product"
    done
    bin=$work/bin
    "$(command -v cc || command -v clang)" -shared -fPIC -O2 -o "$work/preload.so" "$here/gate/preload.c" -ldl
    mkfifo "$work/go"
    : >"$work/counts"
}

# usage: countable NAME… — these processes start under callgrind, which counts nothing until it is told to.
countable() {
    local name
    for name in "$@"; do
        under[$name]="env LD_PRELOAD=$work/preload.so valgrind --tool=callgrind --vgdb-prefix=$work/vgdb
            --instr-atstart=no --collect-systime=yes --fair-sched=yes --compress-strings=no --compress-pos=no
            --callgrind-out-file=$work/$name.callgrind"
    done
}

# usage: tell NAME COMMAND… — a command for the callgrind of a process.
tell() {
    timeout 60 vgdb --vgdb-prefix="$work/vgdb" --pid="${pid[$1]}" "${@:2}" >>"$work/vgdb.log" 2>&1 || {
        trouble "callgrind, which runs $1, did not take the command \"${*:2}\"" vgdb
        return 1
    }
}

# usage: hears WORD SECONDS — waits for the caller to print it.
hears() {
    local deadline=$((SECONDS + $2))
    until grep -qx "$1" "$work/caller.log"; do
        if ! kill -0 "${pid[caller]}" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            trouble "the calls of $row did not come to \"$1\"" caller
            return 1
        fi
        sleep 0.05
    done
}

# usage: count ROW "NAME…" OPTION… — counts calls, which the options describe to `penstock-bench calls`, in the processes.
count() {
    local row=$1 names name
    read -r -a names <<<"$2"
    shift 2
    "$bin/penstock-bench" calls --connections "$connections" --warm-up "$warm_up" --calls "$calls" "$@" \
        <"$work/go" >"$work/caller.log" 2>&1 &
    pid[caller]=$!
    # Opened for reading too, so that neither side waits for the other to open it.
    exec 7<>"$work/go"
    hears warm 120 || return 1
    # A dump starts all counts anew; callgrind's own command for that misses some.
    for name in "${names[@]}"; do tell "$name" dump warm-up || return 1; done
    echo >&7
    hears 'done' 240 || return 1
    for name in "${names[@]}"; do
        rm -f "$work/$name".callgrind.*
        tell "$name" dump "$row" || return 1
        figures "$row" "$name" >>"$work/counts"
    done
    exec 7>&-
    stop caller
}

# usage: figures ROW NAME — a line: the row, the process, and its instructions, allocations and system calls per call.
# Allocations are calls of the C library's allocator that do not come from within it.
figures() {
    awk -v row="$1" -v name="${2#front-}" -v calls="$calls" '
        BEGIN { allocator = "^(malloc|calloc|realloc|reallocarray|posix_memalign|aligned_alloc|memalign)$" }
        /^events: / { for (i = 2; i <= NF; i++) place[$i] = i }
        /^fn=/ { caller = substr($0, 4); sub(/\047[0-9]+$/, "", caller); next }
        /^cfn=/ { callee = substr($0, 5); sub(/\047[0-9]+$/, "", callee); next }
        /^calls=/ { if (callee ~ allocator && caller !~ allocator) { split(substr($1, 7), n, " "); allocations += n[1] } }
        /^totals: / { instructions = $place["Ir"]; system_calls = $place["sysCount"] }
        END { printf "%s %s %.0f %.2f %.2f\n", row, name, instructions / calls, allocations / calls, system_calls / calls }
    ' "$work/$2".callgrind.*
}

count_rows() {
    local proxy=/customers/cust_12345 tools=/get_customer body='{"customer_id":"cust_12345"}' secure name
    countable front front-connector relay connector
    patience=90
    start_origin && start_front && start_product && start_direct || return 1
    for name in front front-connector relay connector; do tell "$name" instrumentation on || return 1; done
    secure=(--to "127.0.0.1:$relay_port" --ca "$work/ca.crt" --token "$agent")
    count reverse_http "front front-connector" --to "127.0.0.1:$front_port" --path "$path" &&
        count proxy_tunnel "relay connector" "${secure[@]}" --path "/v1/proxy/bench$proxy" &&
        count tools_tunnel "relay connector" "${secure[@]}" --path "/v1/tools/bench$tools" --body "$body" &&
        count proxy_direct relay "${secure[@]}" --path "/v1/proxy/direct$proxy" &&
        count tools_direct relay "${secure[@]}" --path "/v1/tools/direct$tools" --body "$body"
}
