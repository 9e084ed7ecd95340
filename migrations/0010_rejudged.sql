-- SPDX-License-Identifier: Apache-2.0
--
-- From now on series of known pods may wait for word of their other side, too, in the table unattributed. What a series got
-- from such ones of its own pod: the pod's counters have counted it when it was booked, so it is left out of them here.
CREATE TABLE rejudged (
    series_id       INTEGER PRIMARY KEY,
    egress_bytes    INTEGER NOT NULL,
    ingress_bytes   INTEGER NOT NULL,
    egress_packets  INTEGER NOT NULL,
    ingress_packets INTEGER NOT NULL
) STRICT;
