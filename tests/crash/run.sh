#!/bin/bash
# The crash test: people pay through fz-switch while parts of it, of PostgreSQL or of the network
# are killed, stopped, filled up or cut off at random moments. After each round the load ends, every
# unknown outcome must have been resolved, and the ledger must hold what the clients were told,
# exactly once (check.sh), and pass `fz audit`.
#
#   run.sh [--rounds N] [--seed S] [--faults 'worker master ...'] [--json FILE] [--keep]
#
# Every kind of fault comes in turn, each turn in another order; faults.sh has them all. --keep
# leaves the folder with logs and records behind. Nothing is ended but what this script started.
if [ -z "${FZ_CRASH_NAMESPACE:-}" ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    FZ_CRASH_NAMESPACE=1 exec unshare -m "$BASH" "$0" "$@" # a disk to be filled can be mounted
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$here/faults.sh"

TOWN_ROUNDS=10 # then a new town, so that an audit in every round stays quick

rounds=20
seed=$$
json=
faults=()
read -ra known <<<"${FAULTS//$'\n'/ }"
while [ $# -gt 0 ]; do
    case $1 in
    --rounds | --seed)
        [[ ${2:-} =~ ^[0-9]{1,9}$ ]] || { echo "$1 wants a number" >&2; exit 2; }
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --faults)
        for word in ${2:?which faults?}; do
            [[ " ${known[*]} " == *" $word "* ]] || { echo "faults are: ${known[*]}" >&2; exit 2; }
            faults+=("$word")
        done
        shift 2
        ;;
    --json)
        json=$(realpath -- "${2:?which file?}")
        shift 2
        ;;
    --keep)
        keep=1
        shift
        ;;
    *)
        sed -n 's/^#   run/run/p' "$0" >&2
        exit 2
        ;;
    esac
done
[ "${#faults[@]}" -gt 0 ] || faults=("${known[@]}")
RANDOM=$seed

# --- figures -------------------------------------------------------------------------------------

FIGURES='acknowledged lost duplicated unknown_resolved'
declare -A total=() # of the towns that are over, by figure
declare -A done_rounds=() hits=()
for kind in "${known[@]}"; do
    done_rounds[$kind]=0
    hits[$kind]=0
done
finished=0
in_flight_rounds=0
counts='acknowledged=0 lost=0 duplicated=0 unknown_resolved=0'

end_town() {
    for figure in $FIGURES; do
        total[$figure]=$((${total[$figure]:-0} + $(of_counts "$figure" "$counts")))
    done
    counts='acknowledged=0 lost=0 duplicated=0 unknown_resolved=0'
}

# Requests the switch is at work on, without the one that asks.
requests_in_flight() {
    { curl -sf --max-time 1 --cacert "$town/cert.pem" "$url/metrics" || true; } |
        awk '/^feezero_http_requests_in_flight/ { sum += $2 } END { print (sum > 0) ? sum - 1 : 0 }'
}

# Requests that ended otherwise than in an answer of the ledger.
disturbed() {
    grep -oE '(undone|unanswered|timeouts|server_50[03])=[0-9]+' "$work/load.txt" |
        awk -F= '{ sum += $2 } END { print sum + 0 }'
}

report_all() {
    local kind line='' object=''
    end_town
    for figure in $FIGURES; do
        line+="$figure=${total[$figure]} "
        object+="\"$figure\":${total[$figure]},"
    done
    for kind in "${known[@]}"; do
        say "kind $kind: rounds=${done_rounds[$kind]} hits=${hits[$kind]}${skipped[$kind]:-}"
    done
    say "rounds=$finished $line"
    [ -n "$json" ] || return 0
    {
        printf '{"seed":%d,"rounds":%d,%s"audited":%d,"rounds_with_work_in_flight":%d,' \
            "$seed" "$finished" "$object" "$audited" "$in_flight_rounds"
        printf '"seconds":%d,"kinds":{' "$SECONDS"
        for kind in "${known[@]}"; do
            printf '"%s":{"rounds":%d,"hits":%d},' "$kind" "${done_rounds[$kind]}" "${hits[$kind]}"
        done | sed 's/,$//'
        printf '}}\n'
    } >"$json"
}

# --- a round -------------------------------------------------------------------------------------

declare -A skipped=()
skip_fault() { # KIND
    local others=() kind
    for kind in "${faults[@]}"; do
        [ "$kind" = "$1" ] || others+=("$kind")
    done
    [ "${#others[@]}" = "${#faults[@]}" ] || skipped[$1]=' skipped'
    faults=("${others[@]}")
    [ "${#faults[@]}" -gt 0 ] || { say "$1 skipped"; exit 0; }
}

shuffled=()
next_fault() {
    if [ "${#shuffled[@]}" = 0 ]; then
        shuffled=("${faults[@]}")
    fi
    local at=$((RANDOM % ${#shuffled[@]}))
    fault=${shuffled[at]}
    unset "shuffled[at]"
    shuffled=("${shuffled[@]}")
}

start_bad_network() { # SEED
    local first_port=$port
    choose_port
    second_port=$port
    port=$first_port
    : >"$work/client_proxy.out"
    python3 "$here/client_proxy.py" "$second_port" "$port" "$town/cert.pem" "$town/key.pem" "$1" \
        >"$work/client_proxy.out" 2>>"$work/client_proxy.err" </dev/null &
    bad_network=$!
    wait_line "$work/client_proxy.out"
}

# Sets $network to what it did.
end_bad_network() {
    kill_and_wait TERM "$bad_network"
    bad_network=
    network=$(tail -n 1 "$work/client_proxy.out")
    [ "$(of_counts differing "$network")" = 0 ] ||
        die "two answers to one request: $(cat "$work/client_proxy.err")"
}

round() { # NUMBER
    local fault mended_ms back_ms in_flight bad network='' timeout_ms=2000 began_ms through=
    began_ms=$(now_ms)
    next_fault
    [ "$fault" != outage ] || timeout_ms=12000 # to hear what the switch has to say
    if [ "$fault" = network ]; then
        start_bad_network $((seed * 1000 + $1))
        through=$second_port
    fi
    start_load $((seed * 1000 + $1)) $timeout_ms $through
    wait_payments 20
    sleep_some 0 300
    in_flight=$(requests_in_flight)
    "fault_$fault"
    mended_ms=$(now_ms)
    wait_payments 1
    back_ms=$(($(now_ms) - mended_ms))
    wait_ready
    wait_payments 30
    sleep_some 0 150
    end_load
    [ -z "$bad_network" ] || end_bad_network
    check
    kill -0 "$proxy" || die "the proxy before PostgreSQL is gone"
    bad=$(disturbed)
    finished=$((finished + 1))
    done_rounds[$fault]=$((${done_rounds[$fault]} + 1))
    [ "$in_flight" = 0 ] || in_flight_rounds=$((in_flight_rounds + 1))
    [ "$in_flight$bad" = 00 ] || hits[$fault]=$((${hits[$fault]} + 1))
    say "round $1 $fault: ${counts}in_flight=$in_flight disturbed=$bad back_ms=$back_ms" \
        "round_ms=$(($(now_ms) - began_ms))${network:+ $network}"
}

# --- the whole -----------------------------------------------------------------------------------

say "seed=$seed"
start_cluster
separate_wal || skip_fault diskfull
for number in $(seq 1 "$rounds"); do
    if [ $(((number - 1) % TOWN_ROUNDS)) = 0 ]; then
        end_town
        start_town "$number"
    fi
    round "$number"
done
stop_switch
report_all
