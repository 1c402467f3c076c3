#!/bin/bash
# Makes a town for fz-load in an empty database: shops with a till each, residents with a full
# wallet, a certificate and a configuration for fz-switch. The keys are enrolled through the running
# switch afterwards:
#
#   setup.sh --dir DIR --database CONNINFO --port N [--shops N] [--residents N] [--workers N]
#   fz-switch -c DIR/feezero.ini &
#   fz-load enrol --url https://localhost:N --ca DIR/cert.pem --keys DIR/keys --codes DIR/codes
#   fz-load       --url https://localhost:N --ca DIR/cert.pem --keys DIR/keys ...
#
# The programs are taken from FZ_BIN_DIR, or else from build/release/bin of this checkout.
set -euo pipefail
umask 077

usage() {
    sed -n 's/^#   setup/setup/p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

bin=${FZ_BIN_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/release/bin}
dir=
database=
port=
shops=8
residents=16
workers=2
wallet_yen=1000000 # as much as one may hold
while [ $# -ge 2 ]; do
    case $1 in
    --dir) dir=$2 ;;
    --database) database=$2 ;;
    --port) port=$2 ;;
    --shops) shops=$2 ;;
    --residents) residents=$2 ;;
    --workers) workers=$2 ;;
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

# enter CODES ARGUMENT...: enters somebody with `fz`, keeps the code, prints the id.
enter() {
    local codes=$1 made
    shift
    made=$(fz --json "$@")
    field code <<<"$made" >>"$codes"
    field id <<<"$made"
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
for i in $(seq 1 "$shops"); do
    shop=$(enter "$dir/other-codes" shop add --name "Shop $i" --name-latin "SHOP $i" \
        --city-latin LOADTOWN --postal 2700192 --mcc 5411 --size small --bank 0134 \
        --bank-name ﾁﾊﾞ --branch 001 --branch-name ﾎﾝﾃﾝ --type 1 \
        --account "$(printf '%07d' "$i")" --holder "ｼﾖﾂﾌﾟ$i")
    enter "$dir/codes" terminal add --shop "$shop" >/dev/null
done
for i in $(seq 1 "$residents"); do
    resident=$(enter "$dir/codes" resident add --name "Resident $i")
    fz topup --resident "$resident" --amount "$wallet_yen" --deposit "LOAD-$i" \
        --key "$dir/treasurer.pem" >/dev/null
done
echo "town with $shops shops and $residents residents in $dir"
