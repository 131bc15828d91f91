#!/bin/sh
# with-postgresql.sh COMMAND [ARGUMENT...]: runs the command with a throw-away PostgreSQL server, and ends with the command's exit status.
# The server lives in a folder of its own, on 127.0.0.1, on a free port; the command finds it in LIAISON_TEST_PG. Whatever happens, the
# server is stopped and its folder removed. PostgreSQL refuses to run as root: then it runs as the user postgres of Debian's package.
set -eu

bin=${LIAISON_PG_BIN:-/usr/lib/postgresql/15/bin}
if [ $# -eq 0 ]; then
    echo "usage: with-postgresql.sh COMMAND [ARGUMENT...]" >&2
    exit 2
fi
if [ ! -x "$bin/initdb" ]; then
    echo "with-postgresql: $bin/initdb is missing: install the package postgresql-15 (scripts/install-deps.sh does)" >&2
    exit 1
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/liaison-pg.XXXXXX")
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd "$folder" && runuser -u postgres -- "$@")
    else
        (cd "$folder" && "$@")
    fi
}

command_pid=''
stop() {
    trap '' HUP INT TERM
    [ -z "$command_pid" ] || kill -TERM "$command_pid" 2>/dev/null || true
    if [ -f "$folder/data/postmaster.pid" ]; then
        as_server "$bin/pg_ctl" stop -D "$folder/data" -m immediate -w >/dev/null 2>&1 || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

chmod 711 "$folder"
mkdir "$folder/data" "$folder/socket"
[ "$(id -u)" != 0 ] || chown postgres: "$folder" "$folder/data" "$folder/socket"

if ! as_server "$bin/initdb" -D "$folder/data" --username=liaison --auth=trust --encoding=UTF8 --locale=C --no-sync \
    >"$folder/log" 2>&1; then
    cat "$folder/log" >&2
    exit 1
fi

# A free port is asked of the system; another program may take it before the server does, hence several tries.
port=''
for attempt in 1 2 3 4 5; do
    candidate=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    if as_server "$bin/pg_ctl" start -D "$folder/data" -w -t 60 -l "$folder/data/server.log" \
        -o "-p $candidate -h 127.0.0.1 -k $folder/socket -F -c max_connections=60 -c full_page_writes=off" >/dev/null 2>&1; then
        port=$candidate
        break
    fi
    echo "with-postgresql: try $attempt failed" >&2
done
if [ -z "$port" ]; then
    cat "$folder/data/server.log" >&2
    exit 1
fi

export LIAISON_TEST_PG="postgresql://liaison@127.0.0.1:$port/postgres"
# In the background, so that a signal to this script is seen at once. A shell makes such a command deaf to Ctrl-C: env undoes that.
env --default-signal=INT,QUIT "$@" <&0 &
command_pid=$!
status=0
wait "$command_pid" || status=$?
command_pid=''
exit "$status"
