-- SPDX-License-Identifier: Apache-2.0
--
-- The ledger's first schema. All times are UTC; bytes are layer 3 bytes as on the wire.
-- STRICT keeps every counter an exact 64-bit integer: SQLite never turns one into a floating point number.

-- The dimensions of a series, once. An empty text means unknown or not applicable.
-- Ids count from 1 without holes.
CREATE TABLE series (
    id         INTEGER PRIMARY KEY,
    cluster    TEXT NOT NULL,
    node       TEXT NOT NULL,
    region     TEXT NOT NULL,
    zone       TEXT NOT NULL,
    owner_kind TEXT NOT NULL,
    namespace  TEXT NOT NULL,
    pod        TEXT NOT NULL,
    pod_uid    TEXT NOT NULL,
    initiator  TEXT NOT NULL,
    scope      TEXT NOT NULL,
    network    TEXT NOT NULL,
    rule       TEXT NOT NULL,
    UNIQUE (namespace, pod, pod_uid, node, cluster, region, zone, owner_kind, initiator, scope, network, rule)
) STRICT;

-- The three tiers hold the same bytes in buckets of 60, 3,600 and 86,400 seconds.
-- bucket_start is the first second of the bucket since 1970-01-01T00:00:00Z. Keyed bucket first, because a
-- commit writes many series of one bucket.
CREATE TABLE minute (
    bucket_start    INTEGER NOT NULL,
    series_id       INTEGER NOT NULL,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL,
    PRIMARY KEY (bucket_start, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour (
    bucket_start    INTEGER NOT NULL,
    series_id       INTEGER NOT NULL,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL,
    PRIMARY KEY (bucket_start, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE day (
    bucket_start    INTEGER NOT NULL,
    series_id       INTEGER NOT NULL,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL,
    PRIMARY KEY (bucket_start, series_id)
) STRICT, WITHOUT ROWID;

-- Everything ever booked to a series. It outlives the buckets, so that counters never go down.
CREATE TABLE counters (
    series_id       INTEGER PRIMARY KEY,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL
) STRICT;

-- How far each source has come: one row per life (boot_id, 16 bytes) of one agent's kernel state.
CREATE TABLE watermarks (
    cluster         TEXT NOT NULL,
    node            TEXT NOT NULL,
    boot_id         BLOB NOT NULL,
    sequence        INTEGER NOT NULL, -- the highest that is booked
    interval_end_ns INTEGER NOT NULL, -- the latest end of a booked interval, nanoseconds since 1970
    first_seen      INTEGER NOT NULL, -- seconds since 1970, by the classifier's clock
    last_seen       INTEGER NOT NULL,
    batches         INTEGER NOT NULL, -- booked
    missing         INTEGER NOT NULL, -- sequence numbers that were passed over
    records         INTEGER NOT NULL, -- flow records in the booked batches
    PRIMARY KEY (cluster, node, boot_id)
) STRICT, WITHOUT ROWID;

-- Bytes that nodes saw and could not book to a flow, by minute.
CREATE TABLE losses (
    bucket_start    INTEGER NOT NULL,
    cluster         TEXT NOT NULL,
    node            TEXT NOT NULL,
    reason          TEXT NOT NULL,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL,
    PRIMARY KEY (bucket_start, cluster, node, reason)
) STRICT, WITHOUT ROWID;

-- Everything ever lost, by node and reason.
CREATE TABLE loss_counters (
    cluster         TEXT NOT NULL,
    node            TEXT NOT NULL,
    reason          TEXT NOT NULL,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL,
    PRIMARY KEY (cluster, node, reason)
) STRICT, WITHOUT ROWID;
