-- SPDX-License-Identifier: Apache-2.0
--
-- Whether the bytes of a series pass a NAT gateway: yes, no, assumed, endpoint. What was booked before is unknown.
-- The uniqueness of the dimensions moves from the table into an index of its own, which can be replaced when a
-- dimension is added.
CREATE TABLE series_with_nat (
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
    nat        TEXT NOT NULL
) STRICT;

INSERT INTO series_with_nat
SELECT id, cluster, node, region, zone, owner_kind, namespace, pod, pod_uid, initiator, scope, network, rule, 'unknown'
FROM series;

DROP TABLE series;
ALTER TABLE series_with_nat RENAME TO series;

CREATE UNIQUE INDEX series_dimensions ON series (
    namespace, pod, pod_uid, node, cluster, region, zone, owner_kind, initiator, scope, network, rule, nat
);
