-- Who takes part: residents, shops with their terminals, staff; their keys and enrolment codes.

CREATE TABLE fz.party (
    community_id integer NOT NULL REFERENCES fz.community,
    party bigint NOT NULL CHECK (party BETWEEN 1 AND 99999999),
    kind "char" NOT NULL CHECK (kind IN ('R', 'M', 'S')),
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 120),
    state smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 3)),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, party)
);
COMMENT ON TABLE fz.party IS 'People and shops';
COMMENT ON COLUMN fz.party.community_id IS 'Community';
COMMENT ON COLUMN fz.party.party IS 'Number, unique in the community over all kinds';
COMMENT ON COLUMN fz.party.kind IS 'R resident, M shop, S staff of the consortium';
COMMENT ON COLUMN fz.party.name IS 'Name shown to others';
COMMENT ON COLUMN fz.party.state IS '1 active, 3 left';
COMMENT ON COLUMN fz.party.created_at IS 'When it was entered';

CREATE TABLE fz.shop (
    community_id integer NOT NULL,
    shop bigint NOT NULL,
    name_latin text NOT NULL CHECK (name_latin ~ '^[ -~]{1,25}$'),
    city_latin text NOT NULL CHECK (city_latin ~ '^[ -~]{1,15}$'),
    postal_code text NOT NULL CHECK (postal_code ~ '^[0-9]{7}$'),
    category_code text NOT NULL CHECK (category_code ~ '^[0-9]{4}$'),
    size text NOT NULL CHECK (size IN ('small', 'medium', 'large', 'association')),
    bank_code text NOT NULL CHECK (bank_code ~ '^[0-9]{4}$'),
    bank_name_kana text NOT NULL CHECK (octet_length(bank_name_kana) <= 60),
    branch_code text NOT NULL CHECK (branch_code ~ '^[0-9]{3}$'),
    branch_name_kana text NOT NULL CHECK (octet_length(branch_name_kana) <= 60),
    account_type smallint NOT NULL CHECK (account_type IN (1, 2, 4, 9)),
    account_number text NOT NULL CHECK (account_number ~ '^[0-9]{7}$'),
    account_holder_kana text NOT NULL CHECK (octet_length(account_holder_kana) <= 120),
    PRIMARY KEY (community_id, shop),
    FOREIGN KEY (community_id, shop) REFERENCES fz.party
);
COMMENT ON TABLE fz.shop IS 'What is known of a shop beyond its name';
COMMENT ON COLUMN fz.shop.community_id IS 'Community';
COMMENT ON COLUMN fz.shop.shop IS 'Party number';
COMMENT ON COLUMN fz.shop.name_latin IS 'Name in ASCII, for field 59 of the QR code';
COMMENT ON COLUMN fz.shop.city_latin IS 'City in ASCII, for field 60 of the QR code';
COMMENT ON COLUMN fz.shop.postal_code IS 'Seven digits';
COMMENT ON COLUMN fz.shop.category_code IS 'Merchant category code, ISO 18245';
COMMENT ON COLUMN fz.shop.size IS 'Decides the subscription plan';
COMMENT ON COLUMN fz.shop.bank_code IS 'Bank for payouts, Zengin code';
COMMENT ON COLUMN fz.shop.bank_name_kana IS 'Its name, kana';
COMMENT ON COLUMN fz.shop.branch_code IS 'Branch, Zengin code';
COMMENT ON COLUMN fz.shop.branch_name_kana IS 'Its name, kana';
COMMENT ON COLUMN fz.shop.account_type IS '1 ordinary, 2 current, 4 savings, 9 other';
COMMENT ON COLUMN fz.shop.account_number IS 'Seven digits';
COMMENT ON COLUMN fz.shop.account_holder_kana IS 'Holder of the bank account, kana';

CREATE TABLE fz.terminal (
    community_id integer NOT NULL,
    shop bigint NOT NULL,
    terminal smallint NOT NULL CHECK (terminal BETWEEN 1 AND 999),
    label text NOT NULL CHECK (octet_length(label) <= 60),
    PRIMARY KEY (community_id, shop, terminal),
    FOREIGN KEY (community_id, shop) REFERENCES fz.shop
);
COMMENT ON TABLE fz.terminal IS 'Tills of a shop';
COMMENT ON COLUMN fz.terminal.community_id IS 'Community';
COMMENT ON COLUMN fz.terminal.shop IS 'Party number of the shop';
COMMENT ON COLUMN fz.terminal.terminal IS 'Number within the shop';
COMMENT ON COLUMN fz.terminal.label IS 'Where it stands';

CREATE TABLE fz.enrolment (
    community_id integer NOT NULL,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    party bigint NOT NULL,
    role smallint NOT NULL,
    terminal smallint,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    key_id text,
    PRIMARY KEY (community_id, code_hash),
    FOREIGN KEY (community_id, party) REFERENCES fz.party
);
COMMENT ON TABLE fz.enrolment IS 'One-time codes that bind a key to a party and a role';
COMMENT ON COLUMN fz.enrolment.community_id IS 'Community';
COMMENT ON COLUMN fz.enrolment.code_hash IS 'SHA-256 of the code; the code itself is not kept';
COMMENT ON COLUMN fz.enrolment.party IS 'Who may enrol with it';
COMMENT ON COLUMN fz.enrolment.role IS 'Role the key gets (role.h)';
COMMENT ON COLUMN fz.enrolment.terminal IS 'Terminal the key is for, role terminal only';
COMMENT ON COLUMN fz.enrolment.created_at IS 'When it was issued';
COMMENT ON COLUMN fz.enrolment.expires_at IS 'When it dies unused';
COMMENT ON COLUMN fz.enrolment.key_id IS 'The key it was used for; null while unused';

CREATE TABLE fz.credential (
    community_id integer NOT NULL,
    key_id text NOT NULL CHECK (octet_length(key_id) <= 64),
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 91),
    party bigint NOT NULL,
    role smallint NOT NULL,
    terminal smallint,
    label text NOT NULL CHECK (octet_length(label) <= 60),
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (community_id, key_id),
    FOREIGN KEY (community_id, party) REFERENCES fz.party
);
CREATE INDEX credential_of_party ON fz.credential (community_id, party);
COMMENT ON TABLE fz.credential
    IS 'Public keys that may sign requests; kept for ever, because old orders are verified with'
       ' them';
COMMENT ON COLUMN fz.credential.community_id IS 'Community';
COMMENT ON COLUMN fz.credential.key_id
    IS 'Community, a dot, and the base64url SHA-256 of the public key';
COMMENT ON COLUMN fz.credential.public_key
    IS 'P-256, SubjectPublicKeyInfo, DER, uncompressed point';
COMMENT ON COLUMN fz.credential.party IS 'Whose key it is';
COMMENT ON COLUMN fz.credential.role IS 'What it may do (role.h)';
COMMENT ON COLUMN fz.credential.terminal IS 'Terminal, role terminal only';
COMMENT ON COLUMN fz.credential.label IS 'Name of the device';
COMMENT ON COLUMN fz.credential.enrolled_at IS 'Since when';
COMMENT ON COLUMN fz.credential.revoked_at IS 'Refused since then';
