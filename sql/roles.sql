-- Group roles with the least rights each program needs; applied by `fz migrate` after the
-- migrations, as often as one likes. None of them can log in: grant one to the login role of the
-- program, which does SET ROLE on every connection.
DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['fz_switch', 'fz_treasury', 'fz_audit'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', r);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- roles belong to the whole cluster: another database made it just now
            END;
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA fz FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA fz FROM PUBLIC, fz_switch, fz_treasury, fz_audit;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA fz FROM PUBLIC, fz_switch, fz_treasury, fz_audit;
GRANT USAGE ON SCHEMA fz TO fz_switch, fz_treasury, fz_audit;

-- the commit path, the same for the daemon and the batch programs: what is append-only stays so
GRANT SELECT, INSERT ON fz.operation, fz.transfer, fz.account_mark, fz.event, fz.batch
    TO fz_switch, fz_treasury;
GRANT SELECT, INSERT, UPDATE ON fz.intent, fz.code, fz.held_refund, fz.payout
    TO fz_switch, fz_treasury;
GRANT SELECT, UPDATE ON fz.head, fz.account TO fz_switch, fz_treasury;

-- the daemon
GRANT SELECT ON fz.community, fz.party, fz.shop, fz.terminal, fz.enrolment, fz.credential
    TO fz_switch;
GRANT UPDATE (key_id) ON fz.enrolment TO fz_switch;
GRANT INSERT ON fz.credential TO fz_switch;
GRANT EXECUTE ON FUNCTION fz.enrol(integer, bytea, text, bytea, text) TO fz_switch;
GRANT EXECUTE ON FUNCTION fz.row_moved() TO fz_switch, fz_treasury;

-- webhooks: the API adds and changes them, the courier delivers
GRANT SELECT, INSERT, UPDATE ON fz.webhook, fz.webhook_feed TO fz_switch;
GRANT SELECT, INSERT, UPDATE, DELETE ON fz.webhook_delivery TO fz_switch;
GRANT EXECUTE ON FUNCTION fz.now_us(),
    fz.webhook_add(integer, uuid, bigint, text, bytea, integer),
    fz.webhook_rotate(integer, uuid, bigint, bytea, integer),
    fz.webhook_replay(integer, uuid, bigint, bigint, integer),
    fz.webhook_record(integer, integer) TO fz_switch;

-- the operator's program
GRANT INSERT ON fz.head, fz.account TO fz_treasury;
GRANT SELECT, INSERT, UPDATE ON fz.community, fz.party, fz.shop, fz.terminal, fz.plan,
    fz.bank_account TO fz_treasury;
GRANT SELECT, INSERT ON fz.enrolment, fz.credential, fz.settlement, fz.settlement_line,
    fz.bank_file, fz.deposit, fz.bill TO fz_treasury;
GRANT UPDATE (revoked_at) ON fz.credential TO fz_treasury;
GRANT UPDATE (key_id) ON fz.enrolment TO fz_treasury;
GRANT EXECUTE ON FUNCTION fz.enrol(integer, bytea, text, bytea, text) TO fz_treasury;

-- the auditor reads, and nothing else; but not the secret of a webhook, with which one could speak
-- as the switch
GRANT SELECT ON ALL TABLES IN SCHEMA fz TO fz_audit;
REVOKE SELECT ON fz.webhook FROM fz_audit;
GRANT SELECT (community_id, webhook_id, shop, url, old_until_us, state, since_event, created_us,
    failures, pause_until_us) ON fz.webhook TO fz_audit;
