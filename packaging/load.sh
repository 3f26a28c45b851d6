#!/usr/bin/env bash
# Proves that nothing is lost under load: 1,000 calls in flight over 100 APIs, half of them called directly and half
# through a tunnel, all on loopback. Afterwards the audit has to verify and to hold every call that was answered, and
# neither relay nor connector may have grown. Exits with 1 where one of these does not hold.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: load.sh [--seconds N] [--calls N] [--bin FOLDER] [--json FILE]
  --seconds N   how long, 300 by default
  --calls N     calls in flight, 1,000 by default
  --bin FOLDER  takes the release binaries there, and builds nothing
  --json FILE   the figures as one JSON object
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
PATH=$PATH:/usr/sbin:/sbin
seconds=300 calls=1000 apis=100 bin='' json='' distance_mib=1
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --seconds) seconds=$2 ;;
    --calls) calls=$2 ;;
    --bin) bin=$(cd "$2" && pwd) ;;
    --json) json=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[[ $seconds =~ ^[1-9][0-9]{0,4}$ && $calls =~ ^[1-9][0-9]{0,3}$ ]] || usage

# What memory may have grown by from the first sample, taken once every connection is up, to the last.
growth_percent=25 growth_kb=49152
# Descriptors come and go with the calls in flight. Never more than one for each caller, one for each call's origin, and
# these for all else: what leaks with one call in a hundred would be above that within seconds.
other_descriptors=128
warm_up=$((seconds / 6 < 20 ? (seconds / 6 > 5 ? seconds / 6 : 5) : 20))

# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=bench/processes.sh
. "$here/bench/processes.sh"
# shellcheck source=bench/servers.sh
. "$here/bench/servers.sh"
# shellcheck source=bench/direct.sh
. "$here/bench/direct.sh"

give_up() { fail "load: $why"; }

# A call of each of the APIs in turn, by tool or as raw HTTP; each answer's status, request id and error on a line.
write_load() {
    cat >"$work/calls.lua" <<'END'
local file, count, calls = nil, 0, {}
function init()
    file = assert(io.open(os.getenv("LOAD_ANSWERS"), "w"))
    for line in io.lines(os.getenv("LOAD_APIS")) do
        local slug, token = line:match("(%S+) (%S+)")
        local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
        calls[#calls + 1] = wrk.format("POST", "/v1/tools/" .. slug .. "/get_customer", headers,
            '{"customer_id":"cust_12345"}')
        calls[#calls + 1] = wrk.format("GET", "/v1/proxy/" .. slug .. "/customers/cust_12345", headers)
    end
end
function request()
    count = count + 1
    return calls[count % #calls + 1]
end
function response(status, fields, body)
    local id
    for name, value in pairs(fields) do
        if name:lower() == "x-request-id" then id = value end
    end
    local code = status ~= 200 and (body:match('"code":"([A-Z_]+)"') or "?") .. ":" ..
        (body:match('"stage":"([a-z]+)"') or "?") or "OK"
    file:write(status, " ", id or body:match('"request_id":"(%w+)"') or "none", " ", code, "\n")
end
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), e.connect + e.read + e.write + e.timeout))
end
END
}

# The tunnel and the APIs behind it are of the first user. One user's direct calls have a limit of 256 at a time, which
# is not what is to be seen here: the APIs that are called directly are of five users.
make_apis() {
    local number behind owner owners=() agents=()
    start_secure_origin || return 1
    serve_relay || return 1
    sed -i 's/^connections: .*/&\nlimits: { concurrent_requests: 2048 }/' "$work/connector.yaml"
    start_product || return 1
    for number in 1 2 3 4 5; do
        api POST /v1/users "$operator" "{\"name\": \"load-$number\"}" || return 1
        api POST /v1/tokens "$operator" "{\"kind\": \"user\", \"user_id\": \"$(field id <<<"$reply")\"}" || return 1
        owners+=("$(field token <<<"$reply")")
        api POST /v1/tokens "${owners[-1]}" '{"kind": "agent"}' || return 1
        agents+=("$(field token <<<"$reply")")
    done
    for ((number = 0; number < apis; number += 2)); do
        owner=$((number / 2 % ${#owners[@]}))
        api POST /v1/apis "${owners[owner]}" "$(definition "direct$number" "https://127.0.0.1:$secure_port")" ||
            return 1
        echo "direct$number ${agents[owner]}" >>"$work/apis"
        behind=$((number + 1))
        api POST /v1/apis "$user_token" \
            "$(definition "tunnel$behind" "http://127.0.0.1:$origin_port" "$tunnel")" || return 1
        echo "tunnel$behind $agent" >>"$work/apis"
    done
}

# usage: pss_kb PID — memory, that which is shared counted in shares.
pss_kb() { awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"; }

descriptors() { find "/proc/$1/fd" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }

# A line of each process, and one of the calls in flight, every second from the end of the warm-up until wrk is done.
watch_growth() {
    local name began=$SECONDS
    sleep "$warm_up"
    while kill -0 "${pid[wrk]}" 2>/dev/null; do
        for name in relay connector; do
            if ! kill -0 "${pid[$name]}" 2>/dev/null; then
                trouble "$name ended under load" "$name"
                return 1
            fi
            echo "$name $(pss_kb "${pid[$name]}") $(descriptors "${pid[$name]}")" >>"$work/growth"
        done
        curl -s --max-time 5 "http://127.0.0.1:$admin_port/metrics" |
            awk '$1 == "penstock_calls_in_flight" { print "in_flight", $2 }' >>"$work/growth" || true
        if [ $((SECONDS - began)) -gt $((seconds + 60)) ]; then
            why="wrk did not end"
            return 1
        fi
        sleep 1
    done
}

# usage: growth NAME — sets first, last and most of Pss in kB and of descriptors.
growth() {
    read -r pss_first pss_last pss_most fd_first fd_last fd_most < <(awk -v name="$1" '
        $1 == name {
            if (!samples++) { pss_first = $2; fd_first = $3 }
            pss_last = $2; fd_last = $3
            if ($2 > pss_most) pss_most = $2
            if ($3 > fd_most) fd_most = $3
        }
        END { print pss_first, pss_last, pss_most, fd_first, fd_last, fd_most }' "$work/growth")
}

install_needs
if [ -z "$bin" ]; then
    need_swift
    need_packages "${BUILD_PACKAGES[@]}" >&2
    (cd "$root" && for product in penstock-relay penstock-connector penstock-bench; do
        swift build "${RELEASE[@]}" --product "$product" >&2
    done)
    bin=$(cd "$root" && swift build "${RELEASE[@]}" --show-bin-path)
fi
# Connections of wrk, and of nginx, which inherits this.
[ "$(ulimit -n)" -ge $((calls + 4096)) ] || ulimit -n $((calls + 4096)) 2>/dev/null ||
    fail "load: this needs $((calls + 4096)) descriptors a process; see ulimit -n"
prepare $((seconds * 3 + 300))
make_certificates
make_apis || give_up
write_load
echo "load: $calls calls in flight over $apis APIs for $seconds s" >&2
declare -A cpu_before=([relay]=$(cpu_us "${pid[relay]}") [connector]=$(cpu_us "${pid[connector]}")) cpu_used=()
export LOAD_APIS=$work/apis LOAD_ANSWERS=$work/answers
start wrk timeout $((seconds + 60)) wrk -t 1 -c "$calls" -d "${seconds}s" --timeout 60s -s "$work/calls.lua" \
    "https://127.0.0.1:$relay_port"
watch_growth || give_up
wait "${pid[wrk]}" || true
unset 'pid[wrk]'
if ! read -r _ requests microseconds p50 p99 broken < <(grep '^RESULT ' "$work/wrk.log"); then
    why="wrk gave no result" && give_up
fi
for name in relay connector; do cpu_used[$name]=$(($(cpu_us "${pid[$name]}") - ${cpu_before[$name]})); done
drained=$SECONDS
stop connector relay
drained=$((SECONDS - drained))

failed=0 facts=()
# usage: fact KEY VALUE
fact() { facts+=("\"$1\": $2"); }
# usage: judge_that SENTENCE COMMAND…
judge_that() {
    local sentence=$1
    shift
    if "$@"; then echo "pass  $sentence"; else
        echo "FAIL  $sentence"
        failed=1
    fi
}

answered=$(wc -l <"$work/answers")
succeeded=$(grep -c '^200 ' "$work/answers") || true
echo "$requests answers in $(calc %.0f "$microseconds / 1e6") s, $(calc %.0f "$requests / $microseconds * 1e6") /s;" \
    "p50 $(calc %.0f "$p50 / 1000") ms, p99 $(calc %.0f "$p99 / 1000") ms; drained in $drained s"
cut -d ' ' -f 1,3 "$work/answers" | sort | uniq -c | awk '{ printf "      %d × status %s, %s\n", $1, $2, $3 }'
in_flight=$(awk '$1 == "in_flight" { print $2 }' "$work/growth" | sort -n |
    awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }')
declare -A ends=([relay]=2 [connector]=1)
echo "      ${in_flight:-no} calls in flight at the relay, the median of the samples"
for name in relay connector; do
    growth "$name"
    echo "      $name: Pss $(calc %.1f "$pss_first / 1024") MiB at first, $(calc %.1f "$pss_last / 1024") at last," \
        "$(calc %.1f "$pss_most / 1024") at most; descriptors $fd_first, $fd_last, $fd_most;" \
        "$(calc %.1f "${cpu_used[$name]} / $requests") µs of CPU for each call"
    fact "${name}_cpu_us" "$(calc %.1f "${cpu_used[$name]} / $requests")"
    fact "${name}_pss_first_kib" "$pss_first"
    fact "${name}_pss_last_kib" "$pss_last"
    fact "${name}_pss_max_kib" "$pss_most"
    fact "${name}_descriptors_first" "$fd_first"
    fact "${name}_descriptors_last" "$fd_last"
    fact "${name}_descriptors_max" "$fd_most"
    bound=$((pss_first * growth_percent / 100 > growth_kb ? pss_first * growth_percent / 100 : growth_kb))
    judge_that "$name grew by no more than $((bound / 1024)) MiB" [ $((pss_last - pss_first)) -le "$bound" ]
    bound=$((${ends[$name]} * calls + other_descriptors))
    judge_that "$name never holds more than $bound descriptors" [ "$fd_most" -le "$bound" ]
done

"$bin/penstock-relay" audit verify --data-dir "$work/data" >"$work/verify.log" 2>&1 && verified=0 || verified=$?
judge_that "the audit verifies: $(tail -n 1 "$work/verify.log")" [ "$verified" = 0 ]
# A call's record, or the end of one that was streamed.
"$bin/penstock-relay" audit export --data-dir "$work/data" |
    grep -E '^\{"kind":"(call|end)"' | grep -o '"request_id":"[^"]*"' | cut -d '"' -f 4 |
    LC_ALL=C sort -u >"$work/recorded"
cut -d ' ' -f 2 "$work/answers" | LC_ALL=C sort >"$work/ids"
LC_ALL=C comm -23 "$work/ids" "$work/recorded" >"$work/lost"
lost=$(wc -l <"$work/lost")
judge_that "all $answered answers are in the audit, $lost are not" [ "$lost" = 0 ]
judge_that "no id was given twice" [ "$(uniq -d "$work/ids" | wc -l)" = 0 ]
judge_that "$succeeded of $answered answers are 200" [ "$succeeded" = "$answered" ]
judge_that "no connection broke, $broken did" [ "$broken" = 0 ]

if [ -n "$json" ]; then
    fact seconds "$seconds"
    fact calls_in_flight "$calls"
    fact apis "$apis"
    fact answers "$answered"
    fact succeeded "$succeeded"
    fact lost "$lost"
    fact records "$(wc -l <"$work/recorded")"
    fact in_flight_median "${in_flight:-null}"
    fact rate "$(calc %.0f "$requests / $microseconds * 1e6")"
    fact p50_ms "$(calc %.1f "$p50 / 1000")"
    fact p99_ms "$(calc %.1f "$p99 / 1000")"
    fact drain_s "$drained"
    (IFS=, && echo "{${facts[*]}}") >"$json"
fi
exit "$failed"
