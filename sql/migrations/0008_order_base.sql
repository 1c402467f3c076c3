-- A signature base is kept without what stands in its row anyway and without the phrases that all
-- bases share: the largest part of a payment's row and of its log. Rows that are there keep theirs
-- as it is, which reads the same (docs/ledger.md, "Kept orders").

COMMENT ON COLUMN fz.operation.order_base
    IS 'RFC 9421 signature base; bytes 1 to 8 stand for known phrases (docs/ledger.md)';
