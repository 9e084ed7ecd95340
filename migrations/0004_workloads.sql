-- SPDX-License-Identifier: Apache-2.0
--
-- What runs the pod, and who the other side is. Nobody kept that before.
ALTER TABLE series ADD COLUMN workload_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE series ADD COLUMN workload TEXT NOT NULL DEFAULT '';
ALTER TABLE series ADD COLUMN peer_kind TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE series ADD COLUMN peer_namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE series ADD COLUMN peer_workload TEXT NOT NULL DEFAULT '';
ALTER TABLE series ADD COLUMN peer_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE series ADD COLUMN resolution TEXT NOT NULL DEFAULT 'none';

DROP INDEX series_dimensions;
CREATE UNIQUE INDEX series_dimensions ON series (
    namespace, pod, pod_uid, node, cluster, region, zone, owner_kind, initiator, scope, network, rule, nat,
    workload_kind, workload, peer_kind, peer_namespace, peer_workload, peer_zone, resolution
);

-- Series of owner_kind 'unattributed' with a pod_uid whose bytes can still be given to their pod, and the minutes
-- (first seconds since 1970) that their rows lie in.
CREATE TABLE unattributed (
    series_id    INTEGER PRIMARY KEY,
    first_minute INTEGER NOT NULL,
    last_minute  INTEGER NOT NULL
) STRICT;

-- What was moved from such a series to its pod's. The table counters keeps what was booked, so that nothing that is
-- exported goes down; all bytes ever booked are the sum of counters less the sum of this table.
CREATE TABLE reattributed (
    series_id       INTEGER PRIMARY KEY,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL
) STRICT;
