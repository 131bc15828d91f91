#!/bin/sh
# demo.sh: a shop on the training till, linked and synchronised before your eyes. `make demo` calls it after the build.
# Everything it makes is in $BUILD/demo, made anew each time. It serves the web interface until Ctrl-C; DEMO_ONCE=1 stops after the first
# synchronisation. DEMO_LISTEN=127.0.0.1:PORT chooses where it listens (default 127.0.0.1:8080), LIAISON_LANG the language.
set -eu

build=${BUILD:-build}
folder=$build/demo
listen=${DEMO_LISTEN:-127.0.0.1:8080}
first_day=2026-10-05

for program in liaison tactill-sandbox; do
    if [ ! -x "$build/$program" ]; then
        echo "demo: $build/$program is not built: run make" >&2
        exit 1
    fi
done
rm -rf "$folder"
mkdir -p "$folder"
LIAISON_DB=sqlite:$folder/shop.db
export LIAISON_DB
unset LIAISON_KEY_FILE
liaison() { "$build/liaison" "$@"; }
title() { printf '\n— %s\n' "$1"; }

# Only what was started here is ended, whatever happens.
till_pid=''
server_pid=''
stop() {
    trap '' HUP INT TERM
    for pid in $server_pid $till_pid; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

title 'Training till / caisse d’essai'
"$build/tactill-sandbox" --shop demo --from "$first_day" >"$folder/till.out" 2>"$folder/till.err" &
till_pid=$!
waited=0
while ! grep -q '^tactill-sandbox listening' "$folder/till.out"; do
    if ! kill -0 "$till_pid" 2>/dev/null || [ "$waited" -ge 300 ]; then
        echo 'demo: the training till did not start:' >&2
        cat "$folder/till.err" >&2
        exit 1
    fi
    waited=$((waited + 1))
    sleep 0.1
done
read -r _ _ _ url _ key <"$folder/till.out"
echo "$url"
(umask 077 && printf '%s\n' "$key" >"$folder/till-key.txt")

title 'Company and link / société et liaison'
liaison init --company 'Épicerie du Canal'
liaison link add --name Canal --url "$url" --key-file "$folder/till-key.txt" --since "$first_day" --document invoice --numbers keep --auto-validate yes
liaison link test Canal

# 0: done; 1: done, and the demo shop has faults on purpose, which are then shown with their cures.
title 'First synchronisation / première synchronisation'
status=0
liaison sync Canal || status=$?
[ "$status" -le 1 ] || exit "$status"

title 'Proof of some days / preuve de quelques jours'
liaison proof --from "$first_day" --to 2026-10-07 || [ $? -eq 1 ]

[ "${DEMO_ONCE:-0}" = 1 ] && exit 0

title 'Web interface / interface web'
password=$(od -An -N9 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" | liaison user add demo --role admin --password-file - >/dev/null
echo "http://$listen   login/identifiant: demo   password/mot de passe: $password"
trap 'exit 0' INT TERM
"$build/liaison" serve --listen "$listen" --quiet --allow-local-tills &
server_pid=$!
status=0
wait "$server_pid" || status=$?
server_pid=''
exit "$status"
