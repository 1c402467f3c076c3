# What load/bench.sh and load/growth.sh share: a cluster and a town of one's own, one reading of
# each contender as one JSON object, and the end of everything that was started.
# shellcheck shell=bash disable=SC2016,SC2034

# What whoever sources this chooses.
scale='' small='' large='' town_shops='' town_residents='' # sizes
seconds='' detail_seconds='' reps='' quick=0 keep=''       # how long
rep=1                                                      # the repetition under way
presign=()                                                 # --presign, or nothing

bin=${FZ_BIN_DIR:-$here/../build/release/bin}
pgtmp=$here/../tests/support/pgtmp.sh
started=$SECONDS
work=''
broken=0
switch_pids=()
seed=1

note() {
    echo "bench: $*" >&2
}

die() {
    note "$*"
    exit 1
}

# --- begin and end ---------------------------------------------------------------------------

bench_begin() {
    local program
    for program in "$bin/fz" "$bin/fz-load" "$bin/fz-switch"; do
        [ -x "$program" ] ||
            die "$program is not there: build the preset release, or set FZ_BIN_DIR"
    done
    for program in jq psql pgbench curl openssl; do
        command -v "$program" >/dev/null || die "$program is needed"
    done
    if [ -n "$keep" ]; then
        work=$(realpath -m -- "$keep")
        [ ! -e "$work" ] || die "$work is there already"
        mkdir -p "$work"
    else
        work=$(mktemp -d "${TMPDIR:-/tmp}/fz-bench.XXXXXX")
    fi
    trap bench_cleanup EXIT
    trap 'exit 130' INT TERM HUP
    raw=$work/raw.jsonl
    : >"$raw"
}

# bench_free_disk MIB: are there so many where we work?
bench_free_disk() {
    local free
    free=$(df -Pm "$work" | awk 'NR == 2 { print $4 }')
    [ "$free" -gt "$1" ] || die "$work has $free MiB left, this takes $1"
}

stop_switches() {
    local pid
    for pid in "${switch_pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${switch_pids[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    switch_pids=()
}

bench_cleanup() {
    local rc=$?
    trap - EXIT INT TERM HUP
    stop_switches
    if [ -n "$keep" ]; then
        "$pgtmp" stop --keep "$work/pg" || true
        exit "$rc"
    fi
    "$pgtmp" stop "$work/pg" || true
    rm -rf "$work"
    exit "$rc"
}

bench_end() {
    stop_switches
}

# --- the cluster ------------------------------------------------------------------------------

# What a town of this size would be given. Nothing here touches what durability rests on. With
# min_wal_size the log of making the databases is used again for the measurements, as it would be on
# a server that has run for a while: a new file is filled with zeroes first, which takes its time.
settings() {
    local memory_kib shared_mib
    memory_kib=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
    shared_mib=$((memory_kib / 1024 / 8))
    cat <<END
shared_buffers = $((shared_mib < 4096 ? shared_mib : 4096))MB
max_wal_size = 16GB
min_wal_size = 4GB
checkpoint_timeout = 15min
END
}

psql_quiet() {
    psql -X -q -v ON_ERROR_STOP=1 "$@"
}

# database NAME: its connection string.
database() {
    echo "${conninfo/dbname=postgres/dbname=$1}"
}

bench_cluster() {
    "$pgtmp" start --durable "$work/pg" >/dev/null
    "$pgtmp" stop --keep "$work/pg"
    settings >>"$work/pg/data/postgresql.conf"
    conninfo=$("$pgtmp" start "$work/pg")
    postmaster=$(head -n 1 "$work/pg/data/postmaster.pid")
    [ "$(psql_quiet -At -d "$conninfo" -c 'SHOW fsync')" = on ] || die 'fsync is not on'
    disk_sync_us=$(measure_sync)
}

# What one durable write of 8 kB costs on this disk, in microseconds.
measure_sync() {
    local writes=200 begun ended
    begun=$(date +%s%N)
    dd if=/dev/zero of="$work/pg/sync" bs=8k count=$writes oflag=dsync status=none
    ended=$(date +%s%N)
    rm "$work/pg/sync"
    echo $(((ended - begun) / writes / 1000))
}

# A community in a database of its own, with nobody in it yet.
make_community() {
    local name=$1
    psql_quiet -d "$conninfo" -c "CREATE DATABASE $name"
    cat >"$work/$name.ini" <<END
listen = 127.0.0.1:1
tls_certificate = unused
tls_key = unused
database = $(database "$name")
public_url = https://localhost:1
END
    "$bin/fz" -c "$work/$name.ini" --quiet migrate >/dev/null
    "$bin/fz" -c "$work/$name.ini" --quiet community add --name 'Bench' >/dev/null
}

# fill DATABASE WALLETS: with one shop for twenty people.
fill() {
    "$bin/fz-load" books --database "$(database "$1")" --accounts "$2" --shops $(($2 / 20))
    psql_quiet -d "$(database "$1")" -c 'VACUUM (ANALYZE)'
}

# A port that nobody listens on, below those that outgoing connections take.
free_port() {
    local candidate
    while :; do
        candidate=$((20000 + (BASHPID * 31 + RANDOM) % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

bench_databases() {
    note 'making the databases'
    port=$(free_port)
    port_two=$((port + 1))
    psql_quiet -d "$conninfo" -c 'CREATE DATABASE tpcb' -c 'CREATE DATABASE plain' \
        -c 'CREATE DATABASE town'
    pgbench -q -i -s "$scale" -d "$(database tpcb)" >"$work/pgbench.log" 2>&1
    psql_quiet -d "$(database plain)" -v accounts="$small" -f "$here/plain.sql"
    make_plain_scripts
    make_community ledger_small
    fill ledger_small "$small"
    FZ_BIN_DIR=$bin "$here/setup.sh" --dir "$work/town" --database "$(database town)" \
        --port "$port" --shops "$town_shops" --residents "$town_residents" --workers 1 >/dev/null
    note "filling a town of $large"
    fill town "$large"
    psql_quiet -d "$conninfo" -c 'CREATE DATABASE ledger_large TEMPLATE town STRATEGY file_copy'
    psql_quiet -d "$conninfo" -c CHECKPOINT
}

# Who pays whom in the plain ledger: any two accounts, or everybody the first.
make_plain_scripts() {
    cat >"$work/plain_uniform.sql" <<END
\\set payer random(1, $small)
\\set other random(1, $small - 1)
\\set payee (:payer + :other - 1) % $small + 1
SELECT plain.pay(plain.uuid7(), :payer, :payee, 1);
END
    cat >"$work/plain_hot.sql" <<END
\\set payer random(2, $small)
SELECT plain.pay(plain.uuid7(), :payer, 1, 1);
END
}

# --- the switch -------------------------------------------------------------------------------

# start_switch INI PORT
start_switch() {
    local waited
    "$bin/fz-switch" -c "$1" &
    switch_pids+=($!)
    for waited in $(seq 1 100); do
        if curl -sf -o /dev/null --cacert "$work/town/cert.pem" "https://localhost:$2/readyz"; then
            return
        fi
        kill -0 "${switch_pids[-1]}" 2>/dev/null || break
        sleep 0.1
    done
    die "the switch on port $2 was not ready after $waited looks: $(tail -n 3 "$work"/town/*.log)"
}

# Two of them before the same books: one with a single worker, as shipped, and one with two.
bench_switches() {
    sed -e "s/:$port/:$port_two/" -e 's/^workers = .*/workers = 2/' \
        -e 's/switch\.log/switch-two.log/' "$work/town/feezero.ini" >"$work/town/two.ini"
    printf '%s\n' 'operation = pay' 'inquiry = 100' >"$work/inquiries.ini"
    start_switch "$work/town/feezero.ini" "$port"
    start_switch "$work/town/two.ini" "$port_two"
    "$bin/fz-load" enrol --url "https://localhost:$port" --ca "$work/town/cert.pem" \
        --keys "$work/town/keys" --codes "$work/town/codes" >/dev/null
}

# --- readings ---------------------------------------------------------------------------------

# record CONTENDER JQ_ARGUMENT...: adds an object to the raw readings; jq gets the arguments.
record() {
    local contender=$1
    shift
    jq -c --arg contender "$contender" --argjson rep "$rep" "$@" >>"$raw"
}

fail() {
    note "$*"
    broken=1
}

# read_pgbench CONTENDER CLIENTS DATABASE ARGUMENT...
read_pgbench() {
    local contender=$1 clients=$2 name=$3 out
    shift 3
    if ! out=$(pgbench -n -M prepared -T "$seconds" -c "$clients" -j 2 "$@" \
        -d "$(database "$name")" 2>"$work/error"); then
        fail "pgbench $contender: $(tail -n 2 "$work/error")"
        return
    fi
    record "$contender" -n --argjson clients "$clients" \
        --argjson tps "$(awk '$1 == "tps" { print $3 }' <<<"$out")" \
        --argjson latency_ms "$(awk '/^latency average/ { print $4 }' <<<"$out")" \
        '{$contender, $rep, $clients, $tps, $latency_ms}'
}

# read_books DATABASE BATCH PICK COMMAND
read_books() {
    local duration=$detail_seconds
    [ "$2" != 128 ] || duration=$seconds
    seed=$((seed + 1))
    if ! "$bin/fz-load" books --database "$(database "$1")" --batch "$2" --pick "$3" \
        --command "$4" --seconds "$duration" --seed "$seed" --json \
        >"$work/out" 2>"$work/error"; then
        fail "books $*: $(cat "$work/error")"
        return
    fi
    record "$1" '{$contender, $rep} + .' "$work/out"
}

# load PORT ARGUMENT...: fz-load against our town; the report is in $work/out.
load() {
    local at=$1
    shift
    seed=$((seed + 1))
    "$bin/fz-load" --url "https://localhost:$at" --ca "$work/town/cert.pem" \
        --keys "$work/town/keys" --database "$(database town)" --seconds "$seconds" \
        --seed "$seed" --json "$@" >"$work/out" 2>"$work/error"
}

# read_switch CONTENDER PORT ARGUMENT...
read_switch() {
    local contender=$1 at=$2
    shift 2
    if ! load "$at" "$@"; then
        fail "fz-load $contender $*: $(tail -n 3 "$work/error")"
        [ -s "$work/out" ] || return 0
    fi
    record "$contender" '{$contender, $rep} + .' "$work/out"
}

# The best rate of this repetition, rounded down, at least 1.
peak_so_far() {
    jq -s --argjson rep "$rep" '[.[] | select(.rep == $rep and .contender == "uniform")
        | .payments_per_s] | max // 1 | floor | if . < 1 then 1 else . end' "$raw"
}

# ticks PID...: processor time of processes, in clock ticks.
ticks() {
    local pid total=0 line fields
    for pid in "$@"; do
        read -r line 2>/dev/null <"/proc/$pid/stat" || continue
        read -ra fields <<<"${line##*) }"
        total=$((total + fields[11] + fields[12]))
    done
    echo "$total"
}

children() {
    local ids=()
    read -ra ids <"/proc/$1/task/$1/children" 2>/dev/null || true
    echo "$1 ${ids[*]}"
}

# While a file is there: a line every 0.2 s with the time, what the books and the log have come to,
# and the processor time of the switch and of PostgreSQL. One connection, nothing else is started.
sample() {
    local milestones out_fd in_fd
    # shellcheck disable=SC2094 # it is only looked for
    coproc BOOKS { psql -X -q -At -F ' ' -d "$(database town)" 2>/dev/null; }
    out_fd=${BOOKS[0]} in_fd=${BOOKS[1]}
    while [ -e "$work/sampling" ]; do
        echo 'SELECT last_number, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $$0/0$$)
              FROM fz.head LIMIT 1;' >&"$in_fd"
        read -r milestones <&"$out_fd" || break
        # shellcheck disable=SC2046 # lists of numbers
        echo "${EPOCHREALTIME/./} $milestones $(ticks $(children "${switch_pids[0]}"))" \
            "$(ticks $(children "$postmaster"))"
        sleep 0.2
    done
    exec {in_fd}>&-
    wait "$BOOKS_PID" 2>/dev/null || true
}

# read_usage CONTENDER ARGUMENT...: what one payment uses. Of all samples only those count between
# which payments were booked: intents are made before, and conservation is checked after.
read_usage() {
    local contender=$1 sampler usage
    shift
    : >"$work/sampling"
    sample >"$work/samples" &
    sampler=$!
    load "$port" "$@" || fail "fz-load $contender $*: $(tail -n 3 "$work/error")"
    rm "$work/sampling"
    wait "$sampler" || true
    usage=$(awk -v hertz="$(getconf CLK_TCK)" '
        NR > 1 && $2 > number { if (!begun) { begun = 1; n = number; w = wal; s = switch_; p = pg }
                                n2 = $2; w2 = $3; s2 = $4; p2 = $5 }
        { number = $2; wal = $3; switch_ = $4; pg = $5 }
        END { count = n2 - n
              if (count > 0) {
                  printf "%.1f %.2f %.2f\n", (w2 - w) / count, (s2 - s) * 1e6 / hertz / count,
                         (p2 - p) * 1e6 / hertz / count } }' "$work/samples")
    if [ -z "$usage" ] || [ ! -s "$work/out" ]; then
        fail "$contender: no payment was seen being booked"
        return
    fi
    record "$contender" --arg usage "$usage" '($usage | split(" ") | map(tonumber)) as $u
        | {$contender, $rep, wal_bytes_per_payment: $u[0], switch_cpu_us: $u[1],
           postgresql_cpu_us: $u[2], load_cpu_us: .cpu_us_per_request} + .' "$work/out"
}

# The largest worker of the switch that served all this.
read_memory() {
    local pid largest=0 kib
    for pid in $(children "${switch_pids[0]}"); do
        kib=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$pid/status" 2>/dev/null || echo 0)
        [ "${kib:-0}" -le "$largest" ] || largest=$kib
    done
    record memory -n --argjson kib "$largest" '{$contender, $rep, switch_rss_mib: ($kib / 1024)}'
}

# --- the summary ------------------------------------------------------------------------------

machine() {
    jq -n --arg cpu "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" \
        --argjson cores "$(nproc)" --arg kernel "$(uname -sr)" \
        --argjson memory_mib "$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)" \
        --argjson disk_sync_us "$disk_sync_us" \
        '{$cpu, $cores, $memory_mib, $kernel, $disk_sync_us}'
}

versions() {
    jq -n --arg postgresql "$(psql_quiet -At -d "$conninfo" -c 'SHOW server_version')" \
        --arg pgbench "$(pgbench --version)" \
        --arg commit "$(git -C "$here" describe --always --dirty 2>/dev/null || echo unknown)" \
        '{$postgresql, $pgbench, $commit}'
}

# Whatever differs from how PostgreSQL ships, and what durability rests on in any case.
postgresql_settings() {
    psql_quiet -At -d "$conninfo" -c "
        SELECT json_object_agg(name, current_setting(name) ORDER BY name) FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_level', 'autovacuum')
            OR (source = 'configuration file' AND name ~ 'buffers|wal|checkpoint')"
}

bench_summary() {
    jq -s --argjson machine "$(machine)" --argjson versions "$(versions)" \
        --argjson settings "$(postgresql_settings)" --arg date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
        --argjson seconds "$seconds" --argjson reps "$reps" --argjson quick "$quick" \
        --argjson presigned "$([ "${#presign[@]}" = 0 ] && echo false || echo true)" \
        --argjson took_s "$((SECONDS - started))" --argjson small "$small" \
        --argjson large "$large" -f "$here/bench_summary.jq" "$raw"
}
