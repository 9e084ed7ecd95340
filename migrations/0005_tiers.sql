-- SPDX-License-Identifier: Apache-2.0
--
-- Tiers that keep years: closed buckets packed into columns, rollups of days, and how far each tier was pruned.

-- Rows of a bucket that is closed, packed: at most 1,024 series in the order of their ids (`Sources/Ledger/README.md`
-- has the format). The key is bucket_start * 2^28 + the first series' id. What is booked late stands in `minute` and
-- `hour` as ever, and is added to what is here, until it is packed, too.
CREATE TABLE minute_sealed (
    key          INTEGER PRIMARY KEY,
    series_count INTEGER NOT NULL,
    columns      BLOB NOT NULL,
    bucket_start INTEGER AS (key >> 28) VIRTUAL
) STRICT;

CREATE TABLE hour_sealed (
    key          INTEGER PRIMARY KEY,
    series_count INTEGER NOT NULL,
    columns      BLOB NOT NULL,
    bucket_start INTEGER AS (key >> 28) VIRTUAL
) STRICT;

-- Days summed over what namespaces are not asked by, in the same form. A sum stands under the first series that is in
-- it. A day that is booked to again loses its rollup in the same commit, so what is here is never old.
CREATE TABLE day_rollup (
    key          INTEGER PRIMARY KEY,
    series_count INTEGER NOT NULL,
    columns      BLOB NOT NULL,
    bucket_start INTEGER AS (key >> 28) VIRTUAL
) STRICT;

-- From which second on each tier has all its buckets, and the sum of the rows that were deleted before it:
-- what a tier holds and what was pruned from it are everything that was ever booked.
CREATE TABLE tiers (
    tier            TEXT PRIMARY KEY,
    kept_from       INTEGER NOT NULL,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tiers VALUES ('minute', 0, 0, 0, 0, 0), ('hour', 0, 0, 0, 0, 0), ('day', 0, 0, 0, 0, 0);
