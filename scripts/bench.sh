#!/bin/sh
# Speed and memory as ratios (make bench): the flows, then the web interface. A build of its own, without debug checks that a user would not have either.
set -eu
cd "$(dirname "$0")/.."
test -f build-bench/build.ninja || meson setup build-bench --buildtype=release >/dev/null
ninja -C build-bench --quiet liaison tactill-sandbox bench/import_floor bench/post_floor
sh scripts/build-ui.sh build-bench
python3 bench/bench.py build-bench "$@"
exec python3 bench/web.py build-bench
