-- SPDX-License-Identifier: Apache-2.0
--
-- Bills that questions about costs are answered from: what bytes caused of them, by kind, period and region.
CREATE TABLE bills (
    name         TEXT PRIMARY KEY,
    billed_from  INTEGER NOT NULL, -- first second that it bills, since 1970
    billed_until INTEGER NOT NULL, -- first second after what it bills
    currency     TEXT NOT NULL,
    saved_at     INTEGER NOT NULL, -- seconds since 1970, by the classifier's clock
    hash         TEXT NOT NULL,    -- SHA-256 of document, hexadecimal
    document     TEXT NOT NULL     -- CSV with columns of FOCUS
) STRICT, WITHOUT ROWID;
