#!/bin/bash
# Makes a town for fz-load in an empty database: shops with a till each, residents with a full
# wallet, a certificate and a configuration for fz-switch. The keys are enrolled through the running
# switch afterwards:
#
#   setup.sh --dir DIR --database CONNINFO --port N [--shops N] [--residents N] [--workers N]
#            [--accounts N] [--jobs N]
#   fz-switch -c DIR/feezero.ini &
#   fz-load enrol --url https://localhost:N --ca DIR/cert.pem --keys DIR/keys --codes DIR/codes
#   fz-load       --url https://localhost:N --ca DIR/cert.pem --keys DIR/keys ...
#
# --accounts: so many wallets more, all of them empty and of nobody who takes part: for what the
# size of the books costs. They are plain rows, made by SQL; the books balance, `fz audit` agrees.
# --jobs: how many are entered at once (4).
#
# The programs are taken from FZ_BIN_DIR, or else from build/release/bin of this checkout.
set -euo pipefail
umask 077

usage() {
    sed -nE 's/^#   (setup| {6})/\1/p' "${BASH_SOURCE[0]}" | head -2 >&2
    exit 2
}

bin=${FZ_BIN_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/release/bin}
dir=
database=
port=
shops=8
residents=16
workers=2
accounts=0
jobs=4
wallet_yen=900000 # some less than one may hold: people also get money
while [ $# -ge 2 ]; do
    case $1 in
    --dir) dir=$2 ;;
    --database) database=$2 ;;
    --port) port=$2 ;;
    --shops) shops=$2 ;;
    --residents) residents=$2 ;;
    --workers) workers=$2 ;;
    --accounts) accounts=$2 ;;
    --jobs) jobs=$2 ;;
    *) usage ;;
    esac
    shift 2
done
if [ $# != 0 ] || [ -z "$dir" ] || [ -z "$database" ] || [ -z "$port" ]; then
    usage
fi

fz() {
    "$bin/fz" -c "$dir/feezero.ini" --quiet "$@"
}

# field NAME: that member of the one JSON object on stdin.
field() {
    sed -nE "s/.*\"$1\": ?\"([^\"]*)\".*/\1/p"
}

# enter CODES ARGUMENT...: enters somebody with `fz`, keeps the code, prints the id. A line is
# appended whole, so several may do so at once.
enter() {
    local codes=$1 made
    shift
    made=$(fz --json "$@")
    field code <<<"$made" >>"$codes"
    field id <<<"$made"
}

enter_shop() { # NUMBER
    local shop
    shop=$(enter "$dir/other-codes" shop add --name "Shop $1" --name-latin "SHOP $1" \
        --city-latin LOADTOWN --postal 2700192 --mcc 5411 --size small --bank 0134 \
        --bank-name ﾁﾊﾞ --branch 001 --branch-name ﾎﾝﾃﾝ --type 1 \
        --account "$(printf '%07d' "$1")" --holder "ｼﾖﾂﾌﾟ$1")
    enter "$dir/codes" terminal add --shop "$shop" >/dev/null
}

enter_resident() { # NUMBER
    local resident
    resident=$(enter "$dir/codes" resident add --name "Resident $1")
    fz topup --resident "$resident" --amount "$wallet_yen" --deposit "LOAD-$1" \
        --key "$dir/treasurer.pem" >/dev/null
}

# each COUNT FUNCTION: calls it with 1 to COUNT, several at once. Ends this script if one fails.
each() {
    local worker pids=()
    for worker in $(seq 1 "$jobs"); do
        (
            for ((i = worker; i <= $1; i += jobs)); do
                "$2" "$i"
            done
        ) &
        pids+=($!)
    done
    for worker in "${pids[@]}"; do
        wait "$worker"
    done
}

# Wallets of nobody: a party and an account without a transfer each.
fill() {
    psql -X -q -v ON_ERROR_STOP=1 -v count="$accounts" -d "$database" <<'END'
BEGIN;
CREATE TEMP TABLE town AS SELECT community_id, next_party AS first FROM fz.community;
UPDATE fz.community SET next_party = next_party + :count;
INSERT INTO fz.party (community_id, party, kind, name)
    SELECT community_id, first + i, 'R', 'Nobody ' || i
    FROM town, generate_series(0, :count - 1) AS i;
INSERT INTO fz.account (community_id, account)
    SELECT community_id, 10000000000 + first + i FROM town, generate_series(0, :count - 1) AS i;
COMMIT;
ANALYZE fz.party;
ANALYZE fz.account;
END
}

mkdir -p "$dir/keys"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -keyout "$dir/key.pem" -out "$dir/cert.pem" -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
cat >"$dir/feezero.ini" <<END
listen = 127.0.0.1:$port
tls_certificate = $dir/cert.pem
tls_key = $dir/key.pem
database = $database
workers = $workers
public_url = https://localhost:$port
log_file = $dir/switch.log
END

: >"$dir/codes"
: >"$dir/other-codes" # of owners and staff, who do not take part
fz migrate >/dev/null
fz community add --name 'Load town' >/dev/null
enter "$dir/treasurer-code" staff add --name Treasurer --role treasurer >/dev/null
fz key new --code "$(cat "$dir/treasurer-code")" --out "$dir/treasurer.pem" >/dev/null
each "$shops" enter_shop
each "$residents" enter_resident
if [ "$accounts" != 0 ]; then
    fill
fi
echo "town with $shops shops and $residents residents in $dir"
