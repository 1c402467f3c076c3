-- Settlement, bank files, subscriptions.

CREATE TABLE fz.bank_account (
    community_id integer PRIMARY KEY REFERENCES fz.community,
    requester_code text NOT NULL CHECK (requester_code ~ '^[0-9]{10}$'),
    requester_name_kana text NOT NULL,
    bank_code text NOT NULL CHECK (bank_code ~ '^[0-9]{4}$'),
    bank_name_kana text NOT NULL,
    branch_code text NOT NULL CHECK (branch_code ~ '^[0-9]{3}$'),
    branch_name_kana text NOT NULL,
    account_type smallint NOT NULL CHECK (account_type IN (1, 2, 9)),
    account_number text NOT NULL CHECK (account_number ~ '^[0-9]{7}$')
);
COMMENT ON TABLE fz.bank_account
    IS 'The safeguarded bank account that holds the reserve and pays the shops';
COMMENT ON COLUMN fz.bank_account.community_id IS 'Community';
COMMENT ON COLUMN fz.bank_account.requester_code
    IS 'Number the bank gave the consortium for transfer files';
COMMENT ON COLUMN fz.bank_account.requester_name_kana IS 'Name in transfer files, kana';
COMMENT ON COLUMN fz.bank_account.bank_code IS 'Zengin code of the bank';
COMMENT ON COLUMN fz.bank_account.bank_name_kana IS 'Its name, kana';
COMMENT ON COLUMN fz.bank_account.branch_code IS 'Zengin code of the branch';
COMMENT ON COLUMN fz.bank_account.branch_name_kana IS 'Its name, kana';
COMMENT ON COLUMN fz.bank_account.account_type IS '1 ordinary, 2 current, 9 other';
COMMENT ON COLUMN fz.bank_account.account_number IS 'Seven digits';

CREATE TABLE fz.settlement (
    community_id integer NOT NULL REFERENCES fz.community,
    business_date date NOT NULL,
    window_no smallint NOT NULL CHECK (window_no BETWEEN 1 AND 9),
    from_number bigint NOT NULL,
    upto_number bigint NOT NULL,
    value_date date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, business_date, window_no),
    CHECK (from_number <= upto_number + 1)
);
COMMENT ON TABLE fz.settlement
    IS 'A settlement run: fixed once, then carried out however often it is started again';
COMMENT ON COLUMN fz.settlement.community_id IS 'Community';
COMMENT ON COLUMN fz.settlement.business_date IS 'Business day it belongs to';
COMMENT ON COLUMN fz.settlement.window_no IS '1, 2 ... within the day';
COMMENT ON COLUMN fz.settlement.from_number IS 'First transfer number of the window';
COMMENT ON COLUMN fz.settlement.upto_number IS 'Last transfer number of the window: the cut-off';
COMMENT ON COLUMN fz.settlement.value_date IS 'Day the bank is asked to pay';
COMMENT ON COLUMN fz.settlement.created_at IS 'When the cut-off was fixed';

CREATE TABLE fz.settlement_line (
    community_id integer NOT NULL,
    business_date date NOT NULL,
    window_no smallint NOT NULL,
    shop bigint NOT NULL,
    payout_id uuid NOT NULL,
    collect_id uuid NOT NULL,
    sales bigint NOT NULL,
    refunds bigint NOT NULL,
    payments integer NOT NULL,
    balance bigint NOT NULL,
    due bigint NOT NULL,
    bank_code text NOT NULL,
    bank_name_kana text NOT NULL,
    branch_code text NOT NULL,
    branch_name_kana text NOT NULL,
    account_type smallint NOT NULL,
    account_number text NOT NULL,
    account_holder_kana text NOT NULL,
    PRIMARY KEY (community_id, business_date, window_no, shop),
    UNIQUE (community_id, payout_id),
    FOREIGN KEY (community_id, business_date, window_no) REFERENCES fz.settlement
);
COMMENT ON TABLE fz.settlement_line
    IS 'What one shop gets from one settlement, frozen at the cut-off';
COMMENT ON COLUMN fz.settlement_line.community_id IS 'Community';
COMMENT ON COLUMN fz.settlement_line.business_date IS 'Settlement';
COMMENT ON COLUMN fz.settlement_line.window_no IS 'Settlement';
COMMENT ON COLUMN fz.settlement_line.shop IS 'Party number of the shop';
COMMENT ON COLUMN fz.settlement_line.payout_id
    IS 'Operation id of the payout, derived from the settlement and the shop';
COMMENT ON COLUMN fz.settlement_line.collect_id
    IS 'Operation id that collects an open subscription first, derived alike';
COMMENT ON COLUMN fz.settlement_line.sales IS 'Payments in the window';
COMMENT ON COLUMN fz.settlement_line.refunds IS 'Refunds and voids in the window';
COMMENT ON COLUMN fz.settlement_line.payments IS 'How many payments';
COMMENT ON COLUMN fz.settlement_line.balance IS 'The shop''s balance at the cut-off';
COMMENT ON COLUMN fz.settlement_line.due
    IS 'Subscription due at the cut-off, collected before the payout';
COMMENT ON COLUMN fz.settlement_line.bank_code IS 'Bank at the cut-off';
COMMENT ON COLUMN fz.settlement_line.bank_name_kana IS 'Its name';
COMMENT ON COLUMN fz.settlement_line.branch_code IS 'Branch at the cut-off';
COMMENT ON COLUMN fz.settlement_line.branch_name_kana IS 'Its name';
COMMENT ON COLUMN fz.settlement_line.account_type IS 'Type of the bank account';
COMMENT ON COLUMN fz.settlement_line.account_number IS 'Number of the bank account';
COMMENT ON COLUMN fz.settlement_line.account_holder_kana IS 'Its holder';

CREATE TABLE fz.bank_file (
    community_id integer NOT NULL,
    business_date date NOT NULL,
    window_no smallint NOT NULL,
    format text NOT NULL CHECK (format IN ('zengin')),
    lines integer NOT NULL CHECK (lines > 0),
    total bigint NOT NULL CHECK (total > 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    content bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, business_date, window_no),
    FOREIGN KEY (community_id, business_date, window_no) REFERENCES fz.settlement
);
COMMENT ON TABLE fz.bank_file
    IS 'The bytes that went to the bank; made once, never made differently';
COMMENT ON COLUMN fz.bank_file.community_id IS 'Community';
COMMENT ON COLUMN fz.bank_file.business_date IS 'Settlement';
COMMENT ON COLUMN fz.bank_file.window_no IS 'Settlement';
COMMENT ON COLUMN fz.bank_file.format IS 'zengin: Zengin sogo furikomi, CRLF';
COMMENT ON COLUMN fz.bank_file.lines IS 'Number of payouts in it';
COMMENT ON COLUMN fz.bank_file.total IS 'Yen';
COMMENT ON COLUMN fz.bank_file.sha256 IS 'Of content';
COMMENT ON COLUMN fz.bank_file.content IS 'The file';
COMMENT ON COLUMN fz.bank_file.created_at IS 'When it was made';

CREATE TABLE fz.deposit (
    community_id integer NOT NULL REFERENCES fz.community,
    reference text NOT NULL CHECK (reference ~ '^[!-~]{1,35}$'),
    amount bigint NOT NULL CHECK (amount > 0),
    party bigint NOT NULL,
    op_id uuid NOT NULL,
    entered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, reference)
);
COMMENT ON TABLE fz.deposit
    IS 'Bank deposits that were credited to a wallet: one deposit, one top-up';
COMMENT ON COLUMN fz.deposit.community_id IS 'Community';
COMMENT ON COLUMN fz.deposit.reference IS 'The bank''s reference of the deposit';
COMMENT ON COLUMN fz.deposit.amount IS 'Yen';
COMMENT ON COLUMN fz.deposit.party IS 'Resident credited';
COMMENT ON COLUMN fz.deposit.op_id IS 'Operation of the top-up, derived from the reference';
COMMENT ON COLUMN fz.deposit.entered_at IS 'When it was entered';

CREATE TABLE fz.plan (
    community_id integer NOT NULL REFERENCES fz.community,
    size text NOT NULL CHECK (size IN ('small', 'medium', 'large', 'association')),
    monthly_net bigint NOT NULL CHECK (monthly_net >= 0),
    tax_percent smallint NOT NULL CHECK (tax_percent BETWEEN 0 AND 50),
    PRIMARY KEY (community_id, size)
);
COMMENT ON TABLE fz.plan IS 'Fixed subscriptions by size of shop: the only charge there is';
COMMENT ON COLUMN fz.plan.community_id IS 'Community';
COMMENT ON COLUMN fz.plan.size IS 'Size of the shop';
COMMENT ON COLUMN fz.plan.monthly_net IS 'Yen a month before tax';
COMMENT ON COLUMN fz.plan.tax_percent IS 'Consumption tax';

CREATE TABLE fz.bill (
    community_id integer NOT NULL,
    period date NOT NULL CHECK (extract(day FROM period) = 1),
    shop bigint NOT NULL,
    op_id uuid NOT NULL,
    collect_id uuid NOT NULL,
    invoice_no text NOT NULL,
    size text NOT NULL,
    net bigint NOT NULL CHECK (net > 0),
    tax_percent smallint NOT NULL,
    tax bigint NOT NULL CHECK (tax >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, period, shop),
    UNIQUE (community_id, invoice_no),
    FOREIGN KEY (community_id, shop) REFERENCES fz.shop
);
COMMENT ON TABLE fz.bill IS 'A shop''s subscription for one month';
COMMENT ON COLUMN fz.bill.community_id IS 'Community';
COMMENT ON COLUMN fz.bill.period IS 'First day of the month';
COMMENT ON COLUMN fz.bill.shop IS 'Party number of the shop';
COMMENT ON COLUMN fz.bill.op_id IS 'Operation that books it, derived from period and shop';
COMMENT ON COLUMN fz.bill.collect_id
    IS 'Operation that collects it from the shop''s balance, derived alike';
COMMENT ON COLUMN fz.bill.invoice_no IS 'Number on the invoice';
COMMENT ON COLUMN fz.bill.size IS 'Plan';
COMMENT ON COLUMN fz.bill.net IS 'Yen before tax';
COMMENT ON COLUMN fz.bill.tax_percent IS 'Consumption tax rate';
COMMENT ON COLUMN fz.bill.tax IS 'Consumption tax, rounded down once per invoice';
COMMENT ON COLUMN fz.bill.created_at IS 'When it was made';
