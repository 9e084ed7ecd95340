-- SPDX-License-Identifier: Apache-2.0
--
-- What each source has counted, so that bytes which never came are known to the byte.

-- Sum over all batches of the source up to the watermark, by its own count; NULL until it told one.
ALTER TABLE watermarks ADD COLUMN running_egress_bytes    INTEGER;
ALTER TABLE watermarks ADD COLUMN running_ingress_bytes   INTEGER;
ALTER TABLE watermarks ADD COLUMN running_egress_packets  INTEGER;
ALTER TABLE watermarks ADD COLUMN running_ingress_packets INTEGER;

-- The part of that sum that this ledger answers for: booked, or among the losses.
ALTER TABLE watermarks ADD COLUMN accepted_egress_bytes    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watermarks ADD COLUMN accepted_ingress_bytes   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watermarks ADD COLUMN accepted_egress_packets  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watermarks ADD COLUMN accepted_ingress_packets INTEGER NOT NULL DEFAULT 0;

-- Until now nobody wrote down which of a node's sources brought which bytes: all count for its first.
CREATE TEMP TABLE brought AS
    SELECT cluster, node, sum(egress_bytes) AS a, sum(ingress_bytes) AS b, sum(egress_packets) AS c,
        sum(ingress_packets) AS d
    FROM (
        SELECT cluster, node, egress_bytes, ingress_bytes, egress_packets, ingress_packets
        FROM counters JOIN series ON series.id = counters.series_id
        UNION ALL
        SELECT cluster, node, egress_bytes, ingress_bytes, egress_packets, ingress_packets FROM loss_counters
    )
    GROUP BY cluster, node;
UPDATE watermarks SET
    accepted_egress_bytes = a, accepted_ingress_bytes = b, accepted_egress_packets = c, accepted_ingress_packets = d
FROM brought
WHERE brought.cluster = watermarks.cluster AND brought.node = watermarks.node AND boot_id = (
    SELECT min(boot_id) FROM watermarks AS other
    WHERE other.cluster = watermarks.cluster AND other.node = watermarks.node
);
DROP TABLE brought;
