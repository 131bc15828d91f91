#!/bin/sh
# Installs the Debian 12 packages that Liaison needs and that are missing; says nothing when none is.
# Used by every make target that needs them. Root, or sudo, is needed only when something is missing.
# The set for running the tests is installed with the set for building: `make check` must work on a bare machine.
set -eu

packages='
build-essential clang pkg-config meson ninja-build gettext python3 python3-yaml git
libsqlite3-dev libpq-dev libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev libsodium-dev
libsimdjson-dev zlib1g-dev libcsv-dev libinih-dev libutf8proc-dev libcmocka-dev libxlsxwriter-dev libhpdf-dev
tzdata ca-certificates procps postgresql-15
libclang-rt-14-dev llvm clang-tidy cppcheck valgrind binutils
chromium fonts-dejavu-core
nginx caddy openssl systemd
'

missing=''
for package in $packages; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = 'install ok installed' ] || missing="$missing $package"
done
# The web interface is built with Node.js 18 or later, from wherever it is; Debian's own where there is none.
node_major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9][0-9]*\)\..*/\1/p')
[ "${node_major:-0}" -ge 18 ] || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "install-deps: this script knows Debian 12 only; install by hand:$missing" >&2
    exit 1
fi
as_root=''
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "install-deps: run as root, or install sudo. Missing:$missing" >&2
        exit 1
    fi
    as_root='sudo'
fi
echo "install-deps: installing$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# postgresql-common, nginx and caddy would each start a server of their own, now and whenever the machine starts; the tests start theirs, in a folder of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
for service in nginx caddy; do
    case "$missing " in *" $service "*) $as_root systemctl disable --quiet "$service" 2>/dev/null || true ;; esac
done
