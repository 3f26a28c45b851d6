#!/usr/bin/env bash
# Installs what the tests need, checks the format, builds once, and runs every test. Arguments go to `swift test`, for
# example: bash packaging/test.sh --filter ReverseHTTPTests
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib.sh

need_swift
need_packages "${BUILD_PACKAGES[@]}" \
    binutils curl iproute2 mount nghttp2-client nghttp2-server nginx-light openssl procps sqlite3 strace

echo "penstock: checking the format"
swift format lint --strict --recursive --parallel Sources Tests packaging/netlab Package.swift \
    || fail "the format is not the checked-in one. Run: swift format -i -r Sources Tests packaging/netlab Package.swift"

echo "penstock: building"
swift build --build-tests 2>&1 | grep -vE 'unhandled' | tail -n 20

if ((EUID == 0)) && [[ -c /dev/net/tun ]]; then
    echo "penstock: building the network laboratory"
    bash packaging/netlab/netlab.sh build || fail "packaging/netlab could not be built"
else
    echo "penstock: no root or no /dev/net/tun: the tests that need a network laboratory are skipped"
fi

if (($#)); then
    exec swift test --skip-build "$@"
fi

# Several processes: tests that keep the processors busy, or start daemons and load them, would starve the others on a
# small machine.
engines='^(Captures|Discovery|Drafts|Drift|JSONSchema|OpenAPI|Registry|Value|YAML)Tests\.'
echo "penstock: testing the engines"
swift test --skip-build --filter "$engines"
echo "penstock: testing the parts"
swift test --skip-build --skip "$engines" --skip 'EndToEndTests\.'
echo "penstock: testing the real processes"
swift test --skip-build --filter 'EndToEndTests\.' --skip 'EndToEndTests\.Tunnel'
echo "penstock: testing tunnels under load, silence and restarts"
exec swift test --skip-build --filter 'EndToEndTests\.Tunnel'
