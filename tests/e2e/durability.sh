#!/bin/bash
# "Answered means durable" does not hang on anybody's settings. Whatever a database or a login has
# as its default, the session that books has synchronous_commit on; and where PostgreSQL itself may
# forget what it has committed, neither switch nor treasury books anything, and both say why.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# set_all SETTING VALUE: for everybody in this database, in every way below a session's own.
set_all() {
    local login
    login=$(sql 'SELECT current_user')
    sql "ALTER DATABASE \"$database\" SET $1 = $2"
    sql "ALTER ROLE $login IN DATABASE \"$database\" SET $1 = $2"
    sql "ALTER ROLE fz_switch IN DATABASE \"$database\" SET $1 = $2"
    sql "ALTER ROLE fz_treasury IN DATABASE \"$database\" SET $1 = $2"
}

database=$(sql 'SELECT current_database()')

step=session
set_all synchronous_commit off
expect "anybody's session" off "$(sql 'SHOW synchronous_commit')"
# What those that book have, in the very transactions in which they do.
sql "CREATE TABLE public.seen (program text, synchronous_commit text);
    CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \$\$
        BEGIN
            INSERT INTO public.seen VALUES (current_setting('application_name'),
                current_setting('synchronous_commit'));
            RETURN NULL;
        END \$\$;
    CREATE TRIGGER see AFTER INSERT ON fz.batch FOR EACH ROW EXECUTE FUNCTION public.see()"
begin_town
resident hanako 10000
open_sale 980
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "$qr" --yes
expect 'programs and what they had' 'fz on,fz-switch writer on' "$(sql "
    SELECT string_agg(DISTINCT concat_ws(' ', program, synchronous_commit), ',') FROM public.seen")"

step=refused
expect 'fsync of a test cluster' off "$(sql 'SHOW fsync')"
town_stop
set_all feezero.may_lose_payments off
setsid setpriv --pdeathsig TERM fz-switch -c "$TOWN_INI" </dev/null &
TOWN_SWITCH_PID=$!
for turn in $(seq 1 100); do
    ! grep -qs 'PostgreSQL may lose payments: fsync = off, full_page_writes = off' \
        "$TOWN_DIR/switch.log" || break
    [ "$turn" != 100 ] || fail 'wanted a line in the log got none'
    sleep 0.05
done
sleep 0.3 # in which it would get ready
expect 'readiness' 503 "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$TOWN_CA" \
    "$TOWN_URL/readyz")"
ask 75 fz-wallet --dir "$work/hanako" --patience 1 balance
ask 78 town_fz topup --resident "$(town_party "$work/hanako")" --amount 1 --deposit second-1 \
    --key "$TOWN_KEY"
grep -q 'PostgreSQL may lose payments' "$TOWN_DIR/stderr.txt" || fail 'wanted a reason got none'
ask 0 town_fz audit # who only reads may

step=allowed
set_all feezero.may_lose_payments on
for turn in $(seq 1 100); do
    ! town_is_ready || break
    [ "$turn" != 100 ] || fail 'wanted a switch that takes it up by itself got none'
    sleep 0.1
done
open_sale 20
ask 0 fz-wallet --dir "$work/hanako" --json pay --payload "$qr" --yes
balance hanako
expect balance 9000 "$yen"
