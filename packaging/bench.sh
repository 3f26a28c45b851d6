#!/usr/bin/env bash
# Measures Penstock beside nginx in one run on loopback, and prints its tables; docs/benchmarks.md says how to read it.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: bench.sh [--quick] [--json FILE] [--bin FOLDER] [--only PART,…]
  --quick       about two minutes after the build: one short round of everything
  --json FILE   the same figures as one JSON object
  --bin FOLDER  measures the release binaries there, and builds nothing
  --only …      some of requests,bulk,direct,tools_peer,schema,distance,idle,start,logs,size
  HAPROXY=FILE  a HAProxy 3.x binary to measure beside; without it its rows are left out
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
PATH=$PATH:/usr/sbin:/sbin
rounds=3 seconds=8 connection_counts='1 8 64 256'
bulk_seconds=10 starts=5 distance_mib=96 records=10000000 is_quick='' limit=3600
json='' bin='' parts=requests,bulk,direct,tools_peer,schema,distance,idle,start,logs,size
while [ $# -gt 0 ]; do
    case $1 in
    --quick) is_quick=1 rounds=1 seconds=2 bulk_seconds=3 starts=3 distance_mib=64 records=200000 limit=300 ;;
    --json | --bin | --only)
        [ $# -ge 2 ] || usage
        case $1 in
        --json) json=$2 ;;
        --bin) bin=$(cd "$2" && pwd) ;;
        --only) parts=$2 ;;
        esac
        shift
        ;;
    *) usage ;;
    esac
    shift
done
if [ -n "$json" ]; then : >"$json"; fi

# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=bench/processes.sh
. "$here/bench/processes.sh"
# shellcheck source=bench/servers.sh
. "$here/bench/servers.sh"
# shellcheck source=bench/haproxy.sh
. "$here/bench/haproxy.sh"
# shellcheck source=bench/requests.sh
. "$here/bench/requests.sh"
# shellcheck source=bench/measures.sh
. "$here/bench/measures.sh"
# shellcheck source=bench/direct.sh
. "$here/bench/direct.sh"
# shellcheck source=bench/tools_peer.sh
. "$here/bench/tools_peer.sh"
# shellcheck source=bench/schema.sh
. "$here/bench/schema.sh"
# shellcheck source=bench/logs.sh
. "$here/bench/logs.sh"
# shellcheck source=bench/report.sh
. "$here/bench/report.sh"

wants() { [[ ,$parts, = *,$1,* ]]; }

# Runs a part; when something in it does not work, the others are measured all the same.
part() {
    if wants "$1"; then
        echo "bench: $2" >&2
        "measure_$1" || true
    fi
}

install_needs
if wants tools_peer; then install_peer; fi
if [ -z "$bin" ]; then
    need_swift
    need_packages "${BUILD_PACKAGES[@]}" >&2
    (cd "$root" && for product in penstock-relay penstock-connector penstock-bench penstock-scoreboard; do
        swift build "${RELEASE[@]}" --product "$product" >&2
    done)
    bin=$(cd "$root" && swift build "${RELEASE[@]}" --show-bin-path)
fi
prepare "$limit"
make_certificates
make_files
part requests "requests at $connection_counts connections, $rounds × $seconds s a row"
part bulk "16 MiB bodies over 4 connections"
part direct "direct calls beside nginx and curl, $rounds × $seconds s a row"
part tools_peer "tool calls beside FastMCP, $rounds × $seconds s each"
part schema "JSON Schema beside Python's engines"
part start "start-up and resident memory"
part idle "2,000 idle tunnels"
part distance "one stream at 100 ms round trip"
part logs "log pages over $records records"
part size "size of the connector"
stop_all
print_table
if [ -n "$json" ]; then print_json >"$json"; fi
verdict
