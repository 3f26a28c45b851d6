#!/usr/bin/env bash
# Counts instructions, allocations and system calls of one call, and compares them with packaging/gate/thresholds.json:
# figures that do not depend on how fast or how busy the machine is. docs/gate.md says how to read them.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: gate.sh [--write] [--bin FOLDER]
  --write       puts what was counted into packaging/gate/thresholds.json instead of comparing
  --bin FOLDER  counts the release binaries there, and builds nothing
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
PATH=$PATH:/usr/sbin:/sbin
is_writing='' bin=''
while [ $# -gt 0 ]; do
    case $1 in
    --write) is_writing=1 ;;
    --bin)
        [ $# -ge 2 ] || usage
        bin=$(cd "$2" && pwd)
        shift
        ;;
    *) usage ;;
    esac
    shift
done

# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=bench/processes.sh
. "$here/bench/processes.sh"
# shellcheck source=bench/servers.sh
. "$here/bench/servers.sh"
# shellcheck source=bench/direct.sh
. "$here/bench/direct.sh"
# shellcheck source=gate/count.sh
. "$here/gate/count.sh"
# shellcheck source=gate/thresholds.sh
. "$here/gate/thresholds.sh"

need_packages valgrind nginx-light openssl curl binutils
if [ -z "$bin" ]; then
    need_swift
    need_packages "${BUILD_PACKAGES[@]}"
    cd "$root"
    for product in penstock-relay penstock-connector penstock-bench; do
        build "$product for release" "${RELEASE[@]}" --product "$product"
    done
    bin=$(swift build "${RELEASE[@]}" --show-bin-path)
fi

began=$(date +%s)
prepare 600
make_certificates
make_countable
count_rows || fail "the gate could not count: $why"
stop_all
echo "penstock: counted $calls calls of each kind in $(spent "$began")"
if [ -n "$is_writing" ]; then
    write_thresholds
else
    compare_thresholds
fi
