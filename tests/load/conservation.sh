#!/bin/bash
# A check that cannot fail proves nothing: the database is made to book wrongly, one way after the
# other, and each time fz-load must say so and end with 1. The wrongs are done by triggers that act
# once; the rows are put right again before the next.
. "$(dirname "${BASH_SOURCE[0]}")/town.sh"

begin_load_town --shops 2 --residents 4

# wrong TIMING TABLE KIND STATEMENT: a trigger that does it to the third row of its kind from now.
wrong() {
    sql "SET client_min_messages = warning;
        DROP TABLE IF EXISTS public.rows CASCADE;
        CREATE TABLE public.rows (n integer);
        GRANT ALL ON public.rows TO PUBLIC;
        CREATE OR REPLACE FUNCTION public.tamper() RETURNS trigger LANGUAGE plpgsql
            SECURITY DEFINER AS \$\$
            BEGIN
                INSERT INTO public.rows VALUES (1);
                IF (SELECT count(*) FROM public.rows) = 3 THEN $4; END IF;
                RETURN NEW;
            END \$\$;
        DROP TRIGGER IF EXISTS tamper ON fz.transfer;
        DROP TRIGGER IF EXISTS tamper ON fz.account;
        CREATE TRIGGER tamper $1 ON fz.$2 FOR EACH ROW WHEN ($3)
            EXECUTE FUNCTION public.tamper()"
}

# red COUNTER...: each check that is told here finds something, through the API or in the database.
red() {
    local counter
    for counter in "$@"; do
        holds ".conservation.$counter > 0"
    done
    holds '.conservation.ok | not'
    grep -q '^fz-load: not conserved: ' "$work/err" || fail 'wanted a line that says it got none'
}

run=(--scenario uniform --clients 2 --payments 12)
payment='NEW.kind = 2'

step=sound
load 0 "${run[@]}"
load 0 "${run[@]}" --database "$FZ_TEST_DB"

# The acknowledged id is not there, and another one is that nobody sent.
step=id
for way in '' "--database=$FZ_TEST_DB"; do
    wrong 'BEFORE INSERT' transfer "$payment" 'NEW.op_id := gen_random_uuid()'
    load 1 "${run[@]}" ${way:+--database "$FZ_TEST_DB"}
    red lost unsent
done

step=amount
for way in '' "--database=$FZ_TEST_DB"; do
    wrong 'BEFORE INSERT' transfer "$payment" 'NEW.amount := NEW.amount + 1'
    load 1 "${run[@]}" ${way:+--database "$FZ_TEST_DB"}
    red wrong
done

step=balance
for way in '' "--database=$FZ_TEST_DB"; do
    wrong 'BEFORE UPDATE' account 'NEW.account / 1000000000 = 10' \
        'NEW.debits_posted := NEW.debits_posted + 1'
    load 1 "${run[@]}" ${way:+--database "$FZ_TEST_DB"}
    red balances
    [ -z "$way" ] || holds '.conservation.sums > 0'
done

# The right payment to the wrong shop.
step=shop
wrong 'BEFORE INSERT' transfer "$payment" \
    "NEW.credit := (SELECT max(account) + min(account) - NEW.credit FROM fz.account
        WHERE account / 1000000000 = 11)"
load 1 "${run[@]}" --database "$FZ_TEST_DB"
red wrong

# A number that is missing.
step=lost
wrong 'BEFORE INSERT' transfer "$payment" 'RETURN NULL'
load 1 "${run[@]}" --database "$FZ_TEST_DB"
red lost sums
echo "every wrong was noticed"
