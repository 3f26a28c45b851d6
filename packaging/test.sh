#!/usr/bin/env bash
# Installs what the tests need, checks the format, builds the tests and the executables as they ship, and runs every test.
# End-to-end tests start the release executables. Arguments go to `swift test` instead, which then starts the debug ones:
# bash packaging/test.sh --filter ReverseHTTPTests
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib.sh

began=$(date +%s)
need_swift
need_packages "${BUILD_PACKAGES[@]}" \
    binutils curl elfutils iproute2 mount nghttp2-client nghttp2-server nginx-light openssl procps sqlite3 strace

echo "penstock: checking the format"
swift format lint --strict --recursive --parallel Sources Tests packaging/netlab Package.swift \
    || fail "the format is not the checked-in one. Run: swift format -i -r Sources Tests packaging/netlab Package.swift"

build "the tests" --build-tests

if ((EUID == 0)) && [[ -c /dev/net/tun ]]; then
    echo "penstock: building the network laboratory"
    bash packaging/netlab/netlab.sh build || fail "packaging/netlab could not be built"
else
    echo "penstock: no root or no /dev/net/tun: the tests that need a network laboratory are skipped"
fi

if (($#)); then
    exec swift test --skip-build "$@"
fi

build_release
export PENSTOCK_TEST_BINARIES=$released

report=$(mktemp -d "${TMPDIR:-/tmp}/penstock-tests.XXXXXX")
trap 'rm -rf "$report"' EXIT
passed=0 failed=0 skipped=0 broken=()

# Whatever a test starts inherits this, and is found by it.
export PENSTOCK_TEST_RUN="$$-$began"

# Sets `ours` to the ids of the tests' processes: those with the mark, and whatever runs one of these builds without it.
find_ours() {
    # Looked for without the mark, so that the search does not find itself.
    mapfile -t ours < <(
        env -u PENSTOCK_TEST_RUN grep -lsxzF "PENSTOCK_TEST_RUN=$PENSTOCK_TEST_RUN" /proc/[0-9]*/environ
        env -u PENSTOCK_TEST_RUN pgrep -f "^($PWD/\.build|$released)/")
    ours=("${ours[@]#/proc/}")
    ours=("${ours[@]%/environ}")
}

# The longest that a run of some of the tests may take, in seconds.
PATIENCE=600
# The process that runs them.
runner="^$PWD/\.build/.*penstockPackageTests"

# usage: unended < LOG — the tests that began and did not end.
unended() {
    awk '/^[^ ]+ Test .* started\.$/ { sub(/^[^ ]+ Test /, ""); sub(/ started\.$/, ""); begun[$0]++ }
         /^[^ ]+ Test .* (passed|failed) after / {
             sub(/^[^ ]+ Test /, ""); sub(/( with [0-9]+ test cases?)? (passed|failed) after .*/, ""); begun[$0]--
         }
         END { for (name in begun) if (begun[name] > 0 && name !~ /^(run$|case )/) print name }' | sort
}

# usage: stalled LOG — says where a run stands that does not end: its tests, and what each thread of its process waits for.
stalled() {
    local pid task
    echo "penstock: no end after $PATIENCE s. Tests that began and did not end:"
    unended <"$1" | head -n 100
    for pid in $(pgrep -f "$runner"); do
        echo "penstock: the threads of $pid: name, what the kernel waits in, system call"
        for task in "/proc/$pid/task/"*; do
            echo "${task##*/} $(cat "$task/comm" "$task/wchan" "$task/syscall" 2>/dev/null | tr '\n\0' '  ')"
        done
        timeout 60 eu-stack -p "$pid" 2>/dev/null | swift demangle --compact | cut -c 1-200 | head -n 1000
    done
}

# usage: guard LOG — stops a run that does not end, after saying where it stands.
guard() {
    sleep "$PATIENCE"
    stalled "$1" || true
    pkill -9 -f "$runner"
}

# usage: attempt LOG ARGUMENT… — runs some of the tests in a process of their own, for as long as PATIENCE says.
attempt() {
    local log=$1 guard waiting status=0
    shift
    guard "$log" &
    guard=$!
    timeout --kill-after=10 $((PATIENCE + 120)) swift test --skip-build "$@" 2>&1 | tee "$log" || status=$?
    # The guard before what it waits for, which would let it speak.
    waiting=$(pgrep -P "$guard" || true)
    kill "$guard" $waiting 2>/dev/null || true
    wait "$guard" 2>/dev/null || true
    return "$status"
}

# usage: phase NAME ARGUMENT… — runs some of the tests, and counts them. A run that fails or does not end is reported and made
# once more: on a small machine, deadlines of tests beside each other can be missed.
phase() {
    local name=$1 log="$report/$1" start status=0
    start=$(date +%s)
    shift
    echo "penstock: testing $name"
    attempt "$log" "$@" || status=$?
    if ((status)); then
        echo "penstock: $name failed at first; what failed is named here, and all of it runs once more"
        grep -E '^✘ Test .* recorded an issue' "$log" | cut -c 1-300 | head -n 20 || true
        find_ours
        ((${#ours[@]} == 0)) || kill -9 "${ours[@]}" 2>/dev/null || true
        status=0
        attempt "$log" "$@" || status=$?
    fi
    local good bad passed_over
    good=$(grep -cE '^✔ Test ("|[A-Za-z_])' "$log" || true)
    bad=$(grep -cE '^✘ Test ("|[A-Za-z_]).* failed after ' "$log" || true)
    passed_over=$(grep -cE '^➜ Test .* skipped' "$log" || true)
    # The runner's own line is not a test.
    good=$((good - $(grep -cE '^✔ Test run with ' "$log" || true)))
    bad=$((bad - $(grep -cE '^✘ Test run with .* failed after ' "$log" || true)))
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + passed_over))
    if ((status)); then
        broken+=("$name")
        # A process that died has no line for the test that it died of.
        ((bad)) || failed=$((failed + 1))
    fi
    echo "penstock: tested $name in $(spent "$start"): $good passed, $bad failed, $passed_over skipped"
}

# Several processes: tests that keep the processors busy, or start daemons and load them, would starve the others on a
# small machine.
engines='^(Captures|Discovery|Drafts|Drift|JSONSchema|OpenAPI|Registry|Value|YAML)Tests\.'
phase "the engines" --filter "$engines"
network='^(Connector|Egress|HTTP1|ReverseHTTP)Tests\.'
phase "the network's parts" --filter "$network"
phase "the other parts" --skip "$engines" --skip "$network" --skip 'EndToEndTests\.'
phase "the real processes" --filter 'EndToEndTests\.' --skip 'EndToEndTests\.Tunnel'
phase "tunnels under load, silence and restarts" --filter 'EndToEndTests\.Tunnel'

# What a test started ends with it, or a moment later.
for ((wait = 0; wait < 50; wait++)); do
    find_ours
    ((${#ours[@]})) || break
    sleep 0.1
done
if ((${#ours[@]})); then
    echo "penstock: the tests left processes behind:" >&2
    ps -o pid=,args= -p "$(IFS=,; echo "${ours[*]}")" >&2 || true
    broken+=("what is left behind") failed=$((failed + 1))
fi

for name in "${broken[@]}"; do
    echo "penstock: failed: $name"
    grep -hE '^✘ Test ("|[A-Za-z_]).* (failed after|recorded an issue)' "$report/$name" 2>/dev/null \
        | grep -vE '^✘ Test run with ' | cut -c 1-400 || true
done
echo "penstock: everything took $(spent "$began")"
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && ${#broken[@]} == 0))
