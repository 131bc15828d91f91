#!/bin/sh
# install-ui.sh FOLDER: meson calls it at installation. Copies the built pages, if any, into FOLDER under the prefix.
set -eu
[ -d "$MESON_BUILD_ROOT/ui" ] || exit 0
target=$MESON_INSTALL_DESTDIR_PREFIX/$1
rm -rf "$target"
mkdir -p "$target"
cp -R "$MESON_BUILD_ROOT/ui/." "$target"
