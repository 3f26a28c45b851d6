#!/usr/bin/env bash
# Measures Penstock beside nginx in one run on loopback, and prints one table; docs/benchmarks.md says how to read it.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: bench.sh [--quick] [--json FILE] [--bin FOLDER] [--only PART,…]
  --quick       under two minutes after the build: one short round of everything
  --json FILE   the same figures as one JSON object
  --bin FOLDER  measures the release binaries there, and builds nothing
  --only …      some of requests,bulk,distance,idle,start,size
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
PATH=$PATH:/usr/sbin:/sbin
rounds=3 seconds=10 bulk_seconds=10 starts=5 distance_mib=96 is_quick='' limit=1500
json='' bin='' parts=requests,bulk,distance,idle,start,size
while [ $# -gt 0 ]; do
    case $1 in
    --quick) is_quick=1 rounds=1 seconds=6 bulk_seconds=4 starts=3 distance_mib=64 limit=300 ;;
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
# shellcheck source=bench/measures.sh
. "$here/bench/measures.sh"
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
if [ -z "$bin" ]; then
    need_swift
    need_packages "${BUILD_PACKAGES[@]}" >&2
    (cd "$root" && for product in penstock-relay penstock-connector penstock-bench; do
        swift build "${RELEASE[@]}" --product "$product" >&2
    done)
    bin=$(cd "$root" && swift build "${RELEASE[@]}" --show-bin-path)
fi
prepare "$limit"
make_certificates
part requests "requests, $rounds × $seconds s a row"
part bulk "16 MiB bodies over 4 connections"
part start "start-up and resident memory"
part idle "2,000 idle tunnels"
part distance "one stream at 100 ms round trip"
part size "size of the connector"
stop_all
print_table
if [ -n "$json" ]; then print_json >"$json"; fi
verdict
