#!/bin/bash
# A private PostgreSQL 15 cluster in one folder, for tests and the demonstration: reachable over a
# unix socket only, superuser `postgres` whoever runs it, never as root. Verbs may be repeated.
#
#   pgtmp.sh start [--durable] DIR   make it if it is not there, start it, print its conninfo
#   pgtmp.sh stop [--keep] DIR       stop it, and remove DIR unless --keep
#   pgtmp.sh restart [--immediate] DIR   stop it in that way (or fast), and start it again
#   pgtmp.sh crash DIR               kill -9 every process of it (DIR stays; `start` recovers it)
#   pgtmp.sh conninfo DIR            print the connection string
#   pgtmp.sh status DIR              exit 0 if it runs, 3 if not
#
# Without --durable a crash of the machine may lose the cluster (fsync=off), which a test can
# afford. With it everything that decides durability is as PostgreSQL ships it. The choice is made
# when the cluster is made.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077

MARKER=.feezero-cluster # in DIR: we made this, so we may remove it
SOCKET_LEN_MAX=107      # of sun_path, minus its NUL
SOCKET_NAME=/.s.PGSQL.5432.lock

die() {
    echo "pgtmp: $*" >&2
    exit 1
}

usage() {
    sed -n 's/^#   pgtmp/pgtmp/p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

find_bin() {
    local bin
    for bin in /usr/lib/postgresql/15/bin "$(pg_config --bindir 2>/dev/null || true)"; do
        if [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ]; then
            echo "$bin"
            return
        fi
    done
    die "PostgreSQL 15 is not installed (package postgresql-15)"
}

# Whom the server runs as: ourselves, or for root (whom PostgreSQL refuses) somebody harmless.
server_user() {
    if [ "$(id -u)" != 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

can_enter() {
    setpriv --reuid "$1" --regid "$(id -g "$1")" --clear-groups test -x "$2" 2>/dev/null
}

# Runs a command as the server's user, in DIR. When a folder above DIR is closed to that user (a
# checkout in /root), the processes get the one right to pass it, instead of the folder a new mode.
as_server() {
    local user
    user=$(server_user)
    if [ "$(id -u)" != 0 ]; then
        (cd "$dir" && env -u PGDATA -u PGHOST -u PGPORT -u PGOPTIONS "$@")
        return
    fi
    local caps=()
    if ! can_enter "$user" "$dir"; then
        caps=(--inh-caps=+dac_override --ambient-caps=+dac_override)
    fi
    (cd "$dir" && env -u PGDATA -u PGHOST -u PGPORT -u PGOPTIONS HOME="$dir" \
        setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "${caps[@]}" "$@")
}

socket_dir() {
    cat "$dir/socket-dir"
}

conninfo() {
    echo "host=$(socket_dir) port=5432 user=postgres dbname=postgres"
}

is_running() {
    [ -s "$dir/data/postmaster.pid" ] &&
        as_server "$bin/pg_ctl" status -s -D "$dir/data" >/dev/null 2>&1
}

make_cluster() {
    local user socket_dir=$dir
    user=$(server_user)
    mkdir -p "$dir"
    if [ -n "$(ls -A "$dir")" ] && [ ! -e "$dir/$MARKER" ]; then
        die "$dir is not empty and not ours"
    fi
    : >"$dir/$MARKER"
    rm -rf "$dir/data.new" "$dir/data"
    if [ $((${#dir} + ${#SOCKET_NAME})) -gt $SOCKET_LEN_MAX ]; then
        local short=${TMPDIR:-/tmp}
        [ ${#short} -le 60 ] || short=/tmp
        socket_dir=$(mktemp -d "$short/fz.XXXXXX")
    fi
    echo "$socket_dir" >"$dir/socket-dir"
    if [ "$(id -u)" = 0 ]; then
        chown -R "$user" "$dir" "$socket_dir"
    fi
    as_server "$bin/initdb" --no-sync --data-checksums --encoding=UTF8 --locale=C --auth=trust \
        --username=postgres -D "$dir/data.new" >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        die "initdb failed"
    }
    configure "$dir/data.new"
    mv "$dir/data.new" "$dir/data" # only now: a half-made cluster is never taken for one
}

configure() {
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$(socket_dir)'"
        echo "unix_socket_permissions = 0700"
        echo "port = 5432"
        echo "max_connections = 200"
        echo "timezone = 'UTC'"
        echo "log_timezone = 'UTC'"
        echo "log_line_prefix = '%m [%p] %q%u@%d '"
        if [ "$durable" = 0 ]; then
            echo "fsync = off"
            echo "full_page_writes = off"
            echo "feezero.may_lose_payments = on" # or no program of ours would use it
        fi
    } >>"$1/postgresql.conf"
}

# A socket folder under /tmp may be gone after a reboot while the cluster stayed.
restore_socket_dir() {
    local socket_dir
    socket_dir=$(socket_dir)
    if [ ! -d "$socket_dir" ]; then
        mkdir "$socket_dir"
        [ "$(id -u)" != 0 ] || chown "$(server_user)" "$socket_dir"
    fi
}

# After a crash PostgreSQL refuses to start until the last process of the dead server is gone.
start_server() {
    local attempt
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        # The server must not hold our stdout: whoever reads the conninfo waits for its end.
        if as_server "$bin/pg_ctl" start -s -w -t 60 -D "$dir/data" -l "$dir/server.log" \
            >"$dir/start.log" 2>&1 </dev/null; then
            return
        fi
        is_running && return
        sleep "0.$attempt"
    done
    tail -n 20 "$dir/start.log" "$dir/server.log" >&2
    die "the server in $dir does not start"
}

verb_start() {
    if [ ! -s "$dir/data/PG_VERSION" ]; then
        make_cluster
    fi
    if ! is_running; then
        restore_socket_dir
        start_server
    fi
    conninfo
}

verb_stop() {
    [ -d "$dir" ] || return 0
    [ -e "$dir/$MARKER" ] || die "$dir is not ours"
    if is_running; then
        as_server "$bin/pg_ctl" stop -s -m fast -w -t 30 -D "$dir/data" ||
            as_server "$bin/pg_ctl" stop -s -m immediate -w -t 30 -D "$dir/data" ||
            die "the server in $dir does not stop"
    fi
    [ "$keep" = 0 ] || return 0
    local socket_dir=$dir
    [ ! -s "$dir/socket-dir" ] || socket_dir=$(socket_dir)
    rm -rf "$dir"
    case $socket_dir in
    */fz.??????) rm -rf "$socket_dir" ;;
    esac
}

verb_restart() {
    is_running || die "nothing runs in $dir"
    as_server "$bin/pg_ctl" stop -s -m "$stop_mode" -w -t 30 -D "$dir/data" ||
        die "the server in $dir does not stop"
    start_server
}

children_of() {
    # cat, because a process may end while it is looked at, and awk would stop there
    { cat /proc/[0-9]*/status 2>/dev/null || true; } | awk -v parent="$1" '
        $1 == "Pid:" { pid = $2 } $1 == "PPid:" && $2 == parent { print pid }'
}

verb_crash() {
    [ -s "$dir/data/postmaster.pid" ] || die "nothing runs in $dir"
    local postmaster pids
    postmaster=$(head -n 1 "$dir/data/postmaster.pid")
    [ "$(readlink "/proc/$postmaster/cwd")" = "$dir/data" ] ||
        die "$postmaster is not the server in $dir"
    # The head first, stopped, so that it starts no new process while its children are counted.
    kill -STOP "$postmaster"
    pids=$(children_of "$postmaster")
    # shellcheck disable=SC2086 # a list of numbers
    kill -KILL "$postmaster" $pids 2>/dev/null || true
    local waited
    for waited in $(seq 1 100); do
        # shellcheck disable=SC2086
        kill -0 "$postmaster" $pids 2>/dev/null || return 0
        sleep 0.05
    done
    die "processes of the server in $dir outlived kill -9 for $waited rounds"
}

durable=0
keep=0
stop_mode=fast
verb=${1:-}
[ $# -gt 0 ] && shift
dir=
for argument in "$@"; do
    case $argument in
    --durable) durable=1 ;;
    --keep) keep=1 ;;
    --immediate) stop_mode=immediate ;;
    -*) usage ;;
    *) dir=$argument ;;
    esac
done
[ -n "$dir" ] || usage
dir=$(realpath -m -- "$dir")
case $dir in
*"'"* | *\\* | *' '*) die "no quotes, backslashes or blanks in $dir, please: libpq would stumble" ;;
esac
bin=$(find_bin)

case $verb in
start) verb_start ;;
stop) verb_stop ;;
restart) verb_restart ;;
crash) verb_crash ;;
conninfo)
    [ -s "$dir/socket-dir" ] || die "there is no cluster in $dir"
    conninfo
    ;;
status)
    if is_running; then
        exit 0
    fi
    exit 3
    ;;
*) usage ;;
esac
