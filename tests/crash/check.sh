#!/bin/bash
# Holds what fz-load recorded against the ledger: every acknowledged payment is there exactly once
# with its intent, amount and number, nothing else is, and every unknown outcome was resolved as it
# was booked. Prints the counts; exits 1 if one of them is wrong.
#
#   check.sh CONNINFO ACKNOWLEDGED UNKNOWN [STATEMENT]
#
# STATEMENT (for the test of this check) is carried out first and rolled back with all the rest.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
conninfo=${1:?conninfo}
acknowledged=${2:?file}
unknown=${3:?file}
tampering=()
[ $# -lt 4 ] || tampering=(-c "$4")

work=$(mktemp -d "${TMPDIR:-/tmp}/fz-check.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$acknowledged" "$work/told"
awk -v dir="$work" '
    BEGIN { printf "" >(dir "/asked"); printf "" >(dir "/resolved") }
    $1 == "unknown" && NF == 4 { print $2, $3, $4 >(dir "/asked"); next }
    $1 == "resolved" && NF == 3 { print $2, $3 >(dir "/resolved"); next }
    { print FILENAME ": not a line of it: " $0 >"/dev/stderr"; bad = 1 }
    END { exit bad }' "$unknown"

found=$(psql -X -q -A -F ' ' -P footer=off -v ON_ERROR_STOP=1 -d "$conninfo" -c "
    BEGIN ISOLATION LEVEL REPEATABLE READ" "${tampering[@]}" -c "
    SET LOCAL ROLE fz_audit;
    SET LOCAL client_min_messages = warning;
    CREATE TEMP TABLE told (op_id uuid, intent_id uuid, amount bigint, number bigint);
    CREATE TEMP TABLE asked (op_id uuid, intent_id uuid, amount bigint);
    CREATE TEMP TABLE resolved (op_id uuid, how text)" \
    -c "\\copy told FROM '$work/told' (DELIMITER ' ')" \
    -c "\\copy asked FROM '$work/asked' (DELIMITER ' ')" \
    -c "\\copy resolved FROM '$work/resolved' (DELIMITER ' ')" \
    -f "$here/check.sql" -c ROLLBACK)

# Two lines, names and counts; all but two of them must be zero.
awk '
    NR == 1 { split($0, names); next }
    NR == 2 {
        for (i = 1; i <= NF; i++) {
            line = line names[i] "=" $i " "
            wrong += names[i] !~ /^(acknowledged|unknown_resolved)$/ && $i != 0
            rows += names[i] == "lost"
        }
    }
    END {
        print line
        exit rows != 1 || wrong > 0
    }' <<<"$found"
