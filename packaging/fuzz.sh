#!/usr/bin/env bash
# Tries mutated inputs on a parser or an engine for a while. What crashes, hangs, contradicts itself or takes more than
# linear time is written into .build/fuzz/TARGET, to be tried again with: .build/release/penstock-fuzz TARGET --replay FILE
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: fuzz.sh json-schema|openapi|yaml|http1 [SECONDS] [SEED]
  SECONDS  60 by default
  SEED     from the clock by default; the same seed tries the same inputs
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=lib.sh
. "$here/lib.sh"

[ $# -ge 1 ] && [ $# -le 3 ] || usage
case $1 in
json-schema | openapi | yaml | http1) ;;
*) usage ;;
esac
seconds=${2:-60}
seed=${3:-$(date +%s)}

need_swift
need_packages "${BUILD_PACKAGES[@]}" >&2
cd "$root"
swift build "${RELEASE[@]}" --product penstock-fuzz >&2

# Public documents to begin with, where they are; YAML takes those of OpenAPI.
corpus=()
suite=../shared/suites/$1
[ "$1" = yaml ] && suite=../shared/suites/openapi
[ -d "$suite" ] && corpus=(--corpus "$suite")
findings=.build/fuzz/$1
mkdir -p "$findings"
# A trap is written down by the runner; its registers help nobody.
export SWIFT_BACKTRACE=enable=no
"$(swift build "${RELEASE[@]}" --show-bin-path)/penstock-fuzz" "$1" --seconds "$seconds" --seed "$seed" \
    --findings "$findings" "${corpus[@]}"
