-- SPDX-License-Identifier: Apache-2.0
--
-- The region of the other side, so that prices can depend on a pair of regions. Nobody kept that before.
ALTER TABLE series ADD COLUMN peer_region TEXT NOT NULL DEFAULT '';

DROP INDEX series_dimensions;
CREATE UNIQUE INDEX series_dimensions ON series (
    namespace, pod, pod_uid, node, cluster, region, zone, owner_kind, initiator, scope, network, rule, nat,
    workload_kind, workload, peer_kind, peer_namespace, peer_workload, peer_zone, resolution, peer_region
);
