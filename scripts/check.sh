#!/bin/sh
# Every test of Liaison, on both engines, then under the sanitizers (make check). The last line is `N passed, N failed`; exit 1 when anything failed.
# A throw-away PostgreSQL server runs as long as the tests do; check.py does the rest and explains it.
set -eu
cd "$(dirname "$0")/.."
exec sh scripts/with-postgresql.sh python3 scripts/check.py "$@"
