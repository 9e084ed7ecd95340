-- SPDX-License-Identifier: Apache-2.0
--
-- Months that were closed. Rows are only ever added: revision 1 is the close, and each later one a restatement
-- because bytes, prices or rules came to differ from what was closed before.
CREATE TABLE closes (
    month     TEXT NOT NULL,    -- yyyy-mm, UTC
    revision  INTEGER NOT NULL, -- from 1
    closed_at INTEGER NOT NULL, -- seconds since 1970, by the classifier's clock
    hash      TEXT NOT NULL,    -- SHA-256 of document, hexadecimal
    document  TEXT NOT NULL,    -- JSON: bytes, costs, prices and rules of the month
    PRIMARY KEY (month, revision)
) STRICT, WITHOUT ROWID;
