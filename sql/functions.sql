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
