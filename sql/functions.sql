-- Functions of the schema: reloaded by `fz migrate` after the migrations, as often as one likes.

-- Binds a key to the party, role and terminal of a one-time code; true if it is bound now. The same
-- code with the same key again is true again and changes nothing. Each statement sees what was
-- committed before it, so of two keys that come with one code, and of two codes that come with one
-- key, exactly one wins.
CREATE OR REPLACE FUNCTION fz.enrol(
    p_community integer, p_code_hash bytea, p_key_id text, p_public_key bytea, p_label text)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    code fz.enrolment;
BEGIN
    SELECT e.* INTO code
    FROM fz.enrolment e
    JOIN fz.party p ON p.community_id = e.community_id AND p.party = e.party AND p.state = 1
    WHERE e.community_id = p_community AND e.code_hash = p_code_hash
    FOR UPDATE OF e;
    IF NOT FOUND
        OR code.key_id <> p_key_id
        OR (code.key_id IS NULL AND code.expires_at <= now()) THEN
        RETURN false;
    END IF;

    INSERT INTO fz.credential (community_id, key_id, public_key, party, role, terminal, label)
    VALUES (p_community, p_key_id, p_public_key, code.party, code.role, code.terminal, p_label)
    ON CONFLICT (community_id, key_id) DO NOTHING;

    -- it may be an older one: it must then stand for the same, and still be good
    IF NOT EXISTS (
        SELECT FROM fz.credential c
        WHERE c.community_id = p_community AND c.key_id = p_key_id AND c.public_key = p_public_key
            AND c.party = code.party AND c.role = code.role
            AND c.terminal IS NOT DISTINCT FROM code.terminal AND c.revoked_at IS NULL) THEN
        RETURN false;
    END IF;

    IF code.key_id IS NULL THEN
        UPDATE fz.enrolment SET key_id = p_key_id
        WHERE community_id = p_community AND code_hash = p_code_hash;
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION fz.enrol(integer, bytea, text, bytea, text)
    IS 'Uses a one-time code for a key; true if the key is bound to it';

-- A batch missed a row that it had read and that nobody may change meanwhile: somebody did. Raised
-- as a serialization failure, which decides the batch again on the rows as they are now.
CREATE OR REPLACE FUNCTION fz.row_moved() RETURNS integer
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a row was changed while the head was held' USING ERRCODE = '40001';
END
$$;
COMMENT ON FUNCTION fz.row_moved() IS 'Fails: a row is not where the batch read it';

-- --- webhooks ------------------------------------------------------------------------------------

-- The one clock of deliveries.
CREATE OR REPLACE FUNCTION fz.now_us() RETURNS bigint
LANGUAGE sql VOLATILE
AS $$
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
$$;
COMMENT ON FUNCTION fz.now_us() IS 'Microseconds since 1970';

-- Adds a webhook; its shop gets what happens from now on. Each statement sees what was committed
-- before it; with the feed's row held nobody reads on past the last event meanwhile, so no event
-- falls between the two. The same request again changes nothing.
CREATE OR REPLACE FUNCTION fz.webhook_add(
    p_community integer, p_webhook uuid, p_shop bigint, p_url text, p_secret bytea, p_max integer,
    OUT outcome text, OUT created_us bigint, OUT state smallint)
LANGUAGE plpgsql
AS $$
DECLARE
    there fz.webhook;
    last_event bigint;
BEGIN
    INSERT INTO fz.webhook_feed (community_id, event)
    SELECT h.community_id, h.last_event FROM fz.head h WHERE h.community_id = p_community
    ON CONFLICT DO NOTHING;
    PERFORM FROM fz.webhook_feed f WHERE f.community_id = p_community FOR UPDATE;

    SELECT w.* INTO there FROM fz.webhook w
    WHERE w.community_id = p_community AND w.webhook_id = p_webhook;
    IF FOUND THEN
        outcome := CASE WHEN there.shop = p_shop AND there.url = p_url AND there.state <> 3
            THEN 'same' ELSE 'other' END;
        created_us := there.created_us;
        state := there.state;
        RETURN;
    END IF;
    IF (SELECT count(*) FROM fz.webhook w WHERE w.community_id = p_community AND w.shop = p_shop
            AND w.state <> 3) >= p_max THEN
        outcome := 'full';
        RETURN;
    END IF;

    SELECT h.last_event INTO STRICT last_event FROM fz.head h WHERE h.community_id = p_community;
    outcome := 'new';
    created_us := fz.now_us();
    state := 1;
    INSERT INTO fz.webhook (community_id, webhook_id, shop, url, secret, since_event, created_us)
    VALUES (p_community, p_webhook, p_shop, p_url, p_secret, last_event, created_us);
END
$$;
COMMENT ON FUNCTION fz.webhook_add(integer, uuid, bigint, text, bytea, integer)
    IS 'Adds a webhook: new, same (it is there), other (the id is used), full (too many)';

-- A new secret. The old one goes on signing for so many seconds; if there is an older one that
-- still does, that one goes on instead: what receivers have is never taken from them before its
-- time. When the old one ends; null: the shop has no such webhook.
CREATE OR REPLACE FUNCTION fz.webhook_rotate(
    p_community integer, p_webhook uuid, p_shop bigint, p_secret bytea, p_overlap_s integer)
RETURNS bigint
LANGUAGE sql
AS $$
    UPDATE fz.webhook SET
        secret = p_secret,
        old_secret = CASE WHEN p_overlap_s = 0 THEN NULL
            WHEN old_until_us > fz.now_us() THEN old_secret
            ELSE secret END,
        old_until_us = CASE WHEN p_overlap_s = 0 THEN 0
            ELSE fz.now_us() + p_overlap_s * 1000000::bigint END
    WHERE community_id = p_community AND webhook_id = p_webhook AND shop = p_shop AND state <> 3
    RETURNING old_until_us
$$;
COMMENT ON FUNCTION fz.webhook_rotate(integer, uuid, bigint, bytea, integer)
    IS 'A new secret for a webhook; when its old one ends';

-- Everything recorded for a webhook after an event is sent once more, whatever became of it, and a
-- webhook that was off is on again. At most p_max of them: how many, and the last of them.
CREATE OR REPLACE FUNCTION fz.webhook_replay(
    p_community integer, p_webhook uuid, p_shop bigint, p_after bigint, p_max integer,
    OUT replayed integer, OUT last_event bigint)
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE fz.webhook w SET state = 1, failures = 0, pause_until_us = 0
    WHERE w.community_id = p_community AND w.webhook_id = p_webhook AND w.shop = p_shop
        AND w.state <> 3;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH chosen AS MATERIALIZED (
        SELECT d.event FROM fz.webhook_delivery d
        WHERE d.community_id = p_community AND d.webhook_id = p_webhook AND d.event > p_after
        ORDER BY d.event LIMIT p_max),
    done AS (
        UPDATE fz.webhook_delivery d
        SET state = 1, attempts = 0, recorded_us = fz.now_us(), next_us = fz.now_us()
        FROM chosen c
        WHERE d.community_id = p_community AND d.webhook_id = p_webhook AND d.event = c.event
        RETURNING d.event)
    SELECT count(*), coalesce(max(event), p_after) INTO replayed, last_event FROM done;
END
$$;
COMMENT ON FUNCTION fz.webhook_replay(integer, uuid, bigint, bigint, integer)
    IS 'Sends what was recorded for a webhook once more; null: the shop has no such webhook';

-- Turns the next events of a community into deliveries to whom they concern; how many it looked at.
CREATE OR REPLACE FUNCTION fz.webhook_record(p_community integer, p_max integer)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    seen bigint;
    upto bigint;
BEGIN
    SELECT f.event INTO seen FROM fz.webhook_feed f WHERE f.community_id = p_community FOR UPDATE;
    SELECT least(h.last_event, seen + p_max) INTO upto
    FROM fz.head h WHERE h.community_id = p_community;
    IF seen IS NULL OR upto <= seen THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT FROM fz.webhook w WHERE w.community_id = p_community AND w.state <> 3) THEN
        INSERT INTO fz.webhook_delivery (community_id, webhook_id, event, recorded_us, next_us)
        SELECT p_community, w.webhook_id, e.event, fz.now_us(), fz.now_us()
        FROM fz.event e
        JOIN fz.webhook w ON w.community_id = p_community AND w.shop = e.shop AND w.state <> 3
            AND w.since_event < e.event
        WHERE e.community_id = p_community AND e.event > seen AND e.event <= upto
        ON CONFLICT DO NOTHING;
    ELSE -- nobody wants any of them
        SELECT h.last_event INTO upto FROM fz.head h WHERE h.community_id = p_community;
    END IF;
    UPDATE fz.webhook_feed f SET event = upto WHERE f.community_id = p_community;
    RETURN least(upto - seen, p_max);
END
$$;
COMMENT ON FUNCTION fz.webhook_record(integer, integer)
    IS 'Turns the next events of a community into deliveries; how many it looked at';
