#!/bin/sh
# build-ui.sh BUILD: the pages of ui/ into BUILD/ui, where `BUILD/liaison serve` finds them. Does nothing when no source has changed since.
# The packages named in ui/package-lock.json are fetched when that file has changed; LIAISON_UI=no leaves the pages out (no Node.js, no network).
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
stamp=$build/ui.stamp
[ "${LIAISON_UI:-yes}" != no ] || exit 0

packages() {
    installed=ui/node_modules/.liaison-lock
    cmp -s ui/package-lock.json "$installed" 2>/dev/null && return
    echo 'build-ui: fetching the packages of the web interface' >&2
    if ! (cd ui && npm ci --no-audit --no-fund --loglevel=error >&2); then
        echo 'build-ui: the packages of the web interface could not be fetched; try again with a network, or build without the pages: make LIAISON_UI=no' >&2
        exit 1
    fi
    cp ui/package-lock.json "$installed"
}

if [ "${2:-}" = packages ]; then
    packages
    exit 0
fi
changed=$(find ui -path ui/node_modules -prune -o -path ui/tests -prune -o -type f -newer "$stamp" -print 2>/dev/null | head -n 1 || true)
[ -f "$stamp" ] && [ -f "$build/ui/index.html" ] && [ -z "$changed" ] && exit 0
packages
mkdir -p "$build"
: >"$stamp.new"
rm -rf "$build/ui.new"
(cd ui && LIAISON_UI_OUT="$build/ui.new" node_modules/.bin/vite build --logLevel warn >&2)
rm -rf "$build/ui"
mv "$build/ui.new" "$build/ui"
mv "$stamp.new" "$stamp"
