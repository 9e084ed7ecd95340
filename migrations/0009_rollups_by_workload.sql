-- SPDX-License-Identifier: Apache-2.0
--
-- Rollups of days tell workloads apart from now on. Those that do not are deleted; upkeep makes them anew from the days.
DELETE FROM day_rollup;
