#!/bin/sh
# Starts a PostgreSQL of its own for tests (Debian's binaries) in a temporary folder, prints its DATABASE_URL on standard
# output, and stops it when standard input closes. As root it runs as the account `postgres`: PostgreSQL refuses root.
set -eu
folder=$(mktemp -d)
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed (Debian: apt-get install postgresql)" >&2; exit 1; }
as_owner() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}
[ "$(id -u)" != 0 ] || chown postgres "$folder"
chmod 755 "$folder"
stop() {
    as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' INT TERM
as_owner "$bin/initdb" -D "$folder/data" -U dataferry -A trust --encoding UTF8 --locale C.UTF-8 >/dev/null
# Nothing of a test database is worth a wait for the disk.
as_owner "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" start \
    -o "-c listen_addresses='' -c unix_socket_directories='$folder' -c fsync=off -c full_page_writes=off -c max_connections=200" >/dev/null
echo "postgresql://dataferry@/dataferry?host=$folder"
cat >/dev/null
