#!/usr/bin/env bash
# Installs what the tests need, checks the format, builds once and runs every test. Arguments go to `swift test`,
# for example: bash packaging/test.sh --filter ReverseHTTPTests
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib.sh

need_swift
need_packages "${BUILD_PACKAGES[@]}" curl nghttp2-client nghttp2-server openssl sqlite3 strace util-linux procps iproute2

echo "penstock: checking the format"
swift format lint --strict --recursive --parallel Sources Tests packaging/netlab Package.swift \
    || fail "the format is not the checked-in one. Run: swift format -i -r Sources Tests packaging/netlab Package.swift"

echo "penstock: building"
swift build --build-tests 2>&1 | grep -vE 'unhandled' | tail -n 20

echo "penstock: testing"
exec swift test --skip-build "$@"
