#!/usr/bin/env bash
# Measures how long the relay takes to start with many saved APIs: from exec to ready, its memory then, and what the
# first call of an API and the second cost. docs/benchmarks.md says how to read it.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: start.sh [--apis N,…] [--rounds N] [--bin FOLDER] [--data FOLDER]
  --apis N,…     saved APIs, at most 50,000: 1300,20000 by default; 50 for each user
  --rounds N     starts of each, 5 by default
  --bin FOLDER   measures the relay there, and builds nothing
  --data FOLDER  keeps what it makes there, and takes what an earlier run has made: about 6 ms an API to make
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
PATH=$PATH:/usr/sbin:/sbin
counts=1300,20000 rounds=5 bin='' data=''
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --apis) counts=$2 ;;
    --rounds) rounds=$2 ;;
    --bin) bin=$(cd "$2" && pwd) ;;
    --data) mkdir -p "$2" && data=$(cd "$2" && pwd) ;;
    *) usage ;;
    esac
    shift 2
done
[[ $counts =~ ^[1-9][0-9]{0,4}(,[1-9][0-9]{0,4})*$ && $rounds =~ ^[1-9][0-9]?$ ]] || usage

# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=bench/processes.sh
. "$here/bench/processes.sh"
# shellcheck source=bench/servers.sh
. "$here/bench/servers.sh"
# shellcheck source=bench/saved.sh
. "$here/bench/saved.sh"

need_packages nginx-light openssl curl
if [ -z "$bin" ]; then
    need_swift
    need_packages "${BUILD_PACKAGES[@]}"
    cd "$root"
    build "penstock-relay for release" "${RELEASE[@]}" --product penstock-relay
    bin=$(swift build "${RELEASE[@]}" --show-bin-path)
fi
prepare 1800
patience=120
data=${data:-$work/saved}
make_certificates
echo "| APIs | database | ready | processor time | resident | first call | second call |"
echo "|---|---|---|---|---|---|---|"
for count in ${counts//,/ }; do
    ((count <= 50000)) || usage
    save_apis "$count" || fail "$count APIs could not be saved: $why"
    measure_saved "$count" || fail "the start over $count APIs could not be measured: $why"
done
