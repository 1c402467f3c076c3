#!/bin/bash
# The day that demo.sh plays, twice: in a new town and in the same one again. Each step says ok
# with the facts that can be known beforehand, the code on the terminal can be scanned from there,
# nothing is left running, and what goes wrong is said.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "${FZ_SOURCE_DIR:?}"
# shellcheck source=../support/town.sh
. tests/support/town.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")
dir=$work/town
port=$(town_free_port)
trap 'tests/support/pgtmp.sh stop "$dir/pg"; rm -rf "$work"' EXIT
TOWN_DIR=$work # where `ask` puts its notes

# play WANTED_RC ARGUMENT...: one run of demo.sh, its output in $work/out and $work/err.
play() {
    local want=$1 rc=0
    shift
    ./demo.sh --dir "$dir" --port "$port" "$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
    if [ "$rc" != "$want" ]; then
        cat "$work/out" "$work/err"
        fail "wanted exit code $want of demo.sh $* got $rc"
    fi
}

# Nothing listens, no server runs.
check_stopped() {
    local rc=0
    tests/support/pgtmp.sh status "$dir/pg" || rc=$?
    expect 'status of PostgreSQL' 3 "$rc"
    ! town_port_is_used "$port" || fail "wanted a free port got one that is still in use"
    expect 'the switch in /proc' '' "$(grep -lsaF "$dir/feezero.ini" /proc/[0-9]*/cmdline || true)"
}

# has TEXT: the output has this line, or one that begins so when TEXT ends in "...".
has() {
    if [[ $1 == *... ]]; then
        grep -qF -- "${1%...}" "$work/out" || fail "wanted a line '$1' got none"
    else
        grep -qxF -- "$1" "$work/out" || fail "wanted the line '$1' got none"
    fi
}

steps() {
    sed -n 's/^ok \([a-z]*\) .*/\1/p' "$work/out" | xargs
}

# The code as it stands on the terminal, half blocks and all, made a picture and scanned.
scan_terminal() {
    python3 - "$work/out" "$work/terminal.pgm" <<'PY'
"""Turns the half blocks of a terminal into a picture: a block is white, as on a dark screen."""
import sys

halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
with open(sys.argv[1], encoding="utf-8") as text:
    rows = [line.rstrip("\n") for line in text]
rows = [row for row in rows if len(row) > 40 and row.startswith("███") and set(row) <= set(halves)]
scale, pixels = 6, []
for row in rows:
    for half in (0, 1):
        line = bytes(halves[block][half] for block in row for _ in range(scale))
        pixels += [line] * scale
with open(sys.argv[2], "wb") as picture:
    picture.write(b"P5 %d %d 255\n" % (len(pixels[0]), len(pixels)) + b"".join(pixels))
PY
    zbarimg --quiet --raw "$work/terminal.pgm" 2>/dev/null
}

step='new town'
play 0 --once
check_stopped
wanted='topup sale pay paid receipt again refused cancelled refund town totals settle confirm'
expect 'steps' "$wanted bill audit" "$(steps)"
has 'ok topup 10000 yen from a bank deposit, balance 0 -> 10000'
has 'ok pay 1480 yen, fee 0 yen, balance 10000 -> 8520'
has 'ok receipt 1480 yen to 食堂さくら, fee 0 yen...'
has 'ok again the same receipt, balance still 8520'
has 'ok refused insufficient-funds, 11480 yen missing, nothing moved, sale still open'
has 'ok refund 480 of 1480 yen, balance 8520 -> 9000'
has 'ok totals 3 tills equal the switch, komugi 1650, sakura 5800, hanasaki 16000 yen net today'
has 'ok settle window 1: 3 lines, 23450 yen, the sales less 0 yen of subscription due;...'
has 'ok confirm 3 payouts of window 1 confirmed, the shops have their money'
has 'ok audit books balance: ...'
grep -q '^ok bill .*: subscription of 3 shops booked, 14000 yen and 1400 yen tax; per-payment' \
    "$work/out" || fail 'wanted the subscription booked got no such line'
scanned=$(scan_terminal) || fail 'wanted a code on the terminal got none that scans'
expect 'code on the terminal' "$(sed -n 's/^zbarimg: //p' "$work/out")" "$scanned"

step='same town'
play 0 --once
check_stopped
has 'ok topup 10000 yen from a bank deposit, balance 9000 -> 19000'
has 'ok refused insufficient-funds, 2480 yen missing, nothing moved, sale still open'
has 'ok settle window 2: 3 lines, 8050 yen, the sales less 15400 yen of subscription due;...'
grep -q '^ok bill .* was billed already: nothing booked twice; per-payment fee: 0' "$work/out" ||
    fail 'wanted the month to be billed already got no such line'

days=$(steps)

step='wrong words'
play 2 --twice
play 2 --dir
play 1 --port 70000 --once
grep -q 'port.*1 to 65535' "$work/err" || fail "wanted a word about the port got $(<"$work/err")"
mkdir "$work/theirs"
: >"$work/theirs/file"
play 1 --once --dir "$work/theirs"
grep -q 'not empty and not ours' "$work/err" || fail "wanted a refusal got $(<"$work/err")"
[ -e "$work/theirs/file" ] || fail 'wanted their file untouched got it removed'
echo "two days played, the second: $days"
