# A town on this machine, in one folder: certificates, configuration, a running switch, a
# treasurer. What demo.sh and the end-to-end tests share. Source it, say town_use, and call the
# rest in the order in which it stands here; the programs are found through PATH.
#
#   DIR/ca.pem ca-key.pem          an authority of its own, good for this machine alone
#   DIR/server.pem server-key.pem  the switch's certificate, for localhost
#   DIR/feezero.ini switch.log     configuration and log
#   DIR/treasurer.pem              the key of the treasurer
# shellcheck shell=bash

TOWN_SWITCH_PID=''

# town_use DIR PORT: which town the other functions mean. DIR is made; it may be a relative path.
town_use() {
    TOWN_DIR=$1
    TOWN_PORT=$2
    TOWN_URL=https://localhost:$2
    TOWN_INI=$1/feezero.ini
    TOWN_CA=$1/ca.pem
    TOWN_KEY=$1/treasurer.pem
    mkdir -p "$TOWN_DIR"
}

# town_fz ARGUMENT...: `fz` in this town, without notes.
town_fz() {
    fz -c "$TOWN_INI" --quiet "$@"
}

# town_port_is_used PORT: whether anybody on this machine listens on it.
town_port_is_used() {
    local hex tables=(/proc/net/tcp)
    [ ! -r /proc/net/tcp6 ] || tables+=(/proc/net/tcp6)
    printf -v hex '%04X' "$1"
    awk -v port=":$hex\$" '$2 ~ port && $4 == "0A" { used = 1 } END { exit !used }' "${tables[@]}"
}

# town_free_port: prints a port nobody listens on, below those that outgoing connections take.
town_free_port() {
    local port
    while :; do
        port=$((20000 + (BASHPID * 31 + RANDOM) % 12000))
        if ! town_port_is_used "$port"; then
            echo "$port"
            return
        fi
    done
}

# town_certify: a new certificate for the switch, from the town's own authority. The authority is
# bound to this machine by name, so that whoever trusts it trusts it for nothing else.
town_certify() {
    local subject=/O=FeeZero\ demonstration
    local names='DNS:localhost,IP:127.0.0.1,IP:::1'
    local here='permitted;DNS:localhost,permitted;IP:127.0.0.1/255.255.255.255'
    here+=',permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
    (
        umask 077
        cd "$TOWN_DIR" || exit
        if [ ! -s ca.pem ]; then
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
                -keyout ca-key.pem -out ca.pem -subj "$subject/CN=FeeZero demonstration CA" \
                -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
                -addext 'keyUsage=critical,keyCertSign,cRLSign' \
                -addext "nameConstraints=critical,$here"
        fi
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
            -keyout server-key.new -out server.csr -subj "$subject/CN=localhost"
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -days 397 \
            -set_serial "0x$(openssl rand -hex 16)" -out server.new -extfile <(
                printf '%s\n' 'basicConstraints=critical,CA:FALSE' \
                    'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth' \
                    'authorityKeyIdentifier=keyid' "subjectAltName=$names"
            )
        mv server-key.new server-key.pem
        mv server.new server.pem
        chmod 644 ca.pem server.pem
        [ -s code.key ] || openssl rand -out code.key 32
        rm server.csr
    ) 2>"$TOWN_DIR/openssl.log" || {
        cat "$TOWN_DIR/openssl.log" >&2
        return 1
    }
    rm "$TOWN_DIR/openssl.log"
}

# town_has_certificate: whether there is one that lasts another day.
town_has_certificate() {
    [ -s "$TOWN_DIR/server.pem" ] &&
        openssl x509 -noout -checkend 86400 -in "$TOWN_DIR/server.pem" >/dev/null
}

# town_configure CONNINFO [LINE...]: writes the ini file. LINEs are added to it.
town_configure() {
    local conninfo=$1 listen=127.0.0.1:$TOWN_PORT
    shift
    if grep -qs '^0\{31\}1 ' /proc/net/if_inet6; then
        listen+=" [::1]:$TOWN_PORT" # the first address of "localhost" for many a client
    fi
    cat >"$TOWN_INI" <<END
# Written by $(basename "$0"); see docs/man/fz-switch.conf.5.
listen          = $listen
tls_certificate = server.pem
tls_key         = server-key.pem
code_key_file   = code.key
database        = $conninfo
workers         = 2
public_url      = $TOWN_URL
log_file        = switch.log
END
    if [ $# != 0 ]; then
        printf '%s\n' "$@" >>"$TOWN_INI"
    fi
}

# town_found NAME: enters the community, its bank account and its treasurer, in a migrated database.
# Names of banks and their codes are invented.
town_found() {
    local staff
    town_fz community add --name "$1" --registration T1234567890123
    town_fz bank set --requester 0123456789 --name 'ハナサキチヨウ コイン キヨウギカイ' --bank 9990 \
        --bank-name ハナサキ --branch 001 --branch-name ホンテン --type 1 --account 0000001
    staff=$(town_fz --json staff add --name '会計 太郎' --role treasurer)
    town_fz key new --code "$(jq -r .code <<<"$staff")" --out "$TOWN_KEY"
}

# town_is_ready: whether it says so several times in a row: who is asked is up to the kernel, and
# all workers shall be ready.
town_is_ready() {
    local _
    for _ in 1 2 3 4 5; do
        curl -sf -o /dev/null --max-time 2 --cacert "$TOWN_CA" "$TOWN_URL/readyz" ||
            return 1
    done
}

# town_start: starts the switch and waits until it is ready. It has a process group of its own, so
# that a Ctrl-C meant for us does not reach it before we are done with it, and it ends when we are
# killed.
town_start() {
    local waited log_lines
    : >>"$TOWN_DIR/switch.log"
    log_lines=$(wc -l <"$TOWN_DIR/switch.log")
    setsid setpriv --pdeathsig TERM fz-switch -c "$TOWN_INI" </dev/null 9>&- &
    TOWN_SWITCH_PID=$!
    for waited in $(seq 1 200); do
        if town_is_ready; then
            return 0
        fi
        kill -0 "$TOWN_SWITCH_PID" 2>/dev/null || break
        sleep 0.1
    done
    echo "fz-switch is not ready after $waited looks; its log:" >&2
    tail -n "+$((log_lines + 1))" "$TOWN_DIR/switch.log" >&2
    return 1
}

# town_stop: stops the switch as an operator would; its exit code.
town_stop() {
    local pid=$TOWN_SWITCH_PID rc=0
    [ -n "$pid" ] || return 0
    TOWN_SWITCH_PID=''
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || rc=$?
    return "$rc"
}

# town_enter WHAT ARGUMENT...: `fz WHAT add`, and prints what it answers on one line of JSON.
town_enter() {
    local what=$1
    shift
    town_fz --json "$what" add "$@"
}

# town_till SHOP FOLDER LABEL: a till of that shop, enrolled in the folder.
town_till() {
    local made
    made=$(town_enter terminal --shop "$1" --label "$3")
    fz-pos --dir "$2" --json enrol --url "$TOWN_URL" --ca "$TOWN_CA" \
        --code "$(jq -r .code <<<"$made")"
}

# town_wallet NAME FOLDER: a resident, with a wallet enrolled in the folder.
town_wallet() {
    local made
    made=$(town_enter resident --name "$1")
    fz-wallet --dir "$2" --json enrol --url "$TOWN_URL" --ca "$TOWN_CA" \
        --code "$(jq -r .code <<<"$made")"
}

# town_party FOLDER: the public id of whom a till's or a wallet's folder belongs to.
town_party() {
    sed -n 's/^party=//p' "$1/config.ini"
}

# --- asking and checking --------------------------------------------------------------------------

step=start # which part of a play or a test is going on

fail() {
    echo "FAIL $step $*"
    exit 1
}

# expect WHAT WANTED GOT
expect() {
    [ "$2" = "$3" ] || fail "wanted $1 $2 got $3"
}

# ask RC COMMAND...: its JSON in `answer`, one line or several; nothing is shown.
ask() {
    local want=$1 rc=0
    shift
    answer=$("$@" 2>"$TOWN_DIR/stderr.txt" 9>&-) || rc=$?
    [ "$rc" = "$want" ] || cat "$TOWN_DIR/stderr.txt" >&2
    expect "exit code of $*" "$want" "$rc"
}

# of FILTER: what jq takes out of `answer`.
of() {
    jq -r "$1" <<<"$answer"
}

uuid() {
    cat /proc/sys/kernel/random/uuid
}
