/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The contract between flow.bpf.c and user space.
 *
 * A flow is what one cgroup's sockets exchange with one remote service: the key is struct flow_key. Each
 * flow owns a slot of the array map `slots`, which user space reads through mmap. The hash map `flow_index` finds a
 * flow's slot; connected sockets remember it, so that an established connection touches no hash.
 *
 * Counters only grow. User space takes differences; nothing is read and deleted in one step.
 *
 * What user space has read is kept beside, in `readings` and `journal`, so that it outlives user space: a drain writes
 * the readings of the next parity, and becomes final when `journal.committed` is raised, one store. A process that
 * is killed at any point leaves either the old readings or the new ones in force, never a mixture.
 *
 * A flow that finds no slot, because all are taken or its owner has as many as one may, counts in its owner's overflow
 * flow: the key with nothing but cgroup_id. Slots are kept back for those, so that a flood of flows costs their
 * remotes, not their owner, and no neighbour anything.
 *
 * A slot's life. The program pops a number off `free_slots` (`reserve_slots` for overflow), writes the key into the
 * slot and publishes (slot, generation) in `flow_index`. User space retires an idle slot in two steps, so that no byte
 * is lost to a program that still holds it:
 *   1. delete the flow from `flow_index`, then raise the slot's generation: every remembered reference is now stale;
 *   2. after all programs that were running have ended (an RCU grace period), read the counters for the last
 *      time, clear the slot, push its number back.
 *
 * Example: a client in cgroup 77 opens 3 connections to 192.0.2.1:443. All their packets, in both directions,
 * count in one slot: {cgroup_id 77, remote ::ffff:192.0.2.1, service_port 443, protocol 6, traits POD}.
 * The server's side of it, cgroup 99 on 192.0.2.1, is {99, <the client>, 443, 6, REMOTE}.
 */
#ifndef NETLEDGER_FLOW_H
#define NETLEDGER_FLOW_H

#include <linux/types.h>

/* Which side started a flow: low two bits of flow_key.traits. */
enum flow_initiator {
	FLOW_INITIATOR_UNKNOWN = 0,
	FLOW_INITIATOR_POD = 1,
	FLOW_INITIATOR_REMOTE = 2,
};

#define FLOW_INITIATOR_MASK 3
/* In flow_key.traits: the packets went over the loopback interface. */
#define FLOW_VIA_LOOPBACK 4
/*
 * In flow_key.traits: the remote is a service address that user space resolves, connection by connection. Such a flow
 * is one connection, and `sources` has its local end.
 */
#define FLOW_TO_SERVICE 8

/* Set by user space before loading. */
struct flow_config {
	__u32 owner_quota; /* slots that one cgroup's flows may take */
	__u32 kernel_context; /* 1 if bpf_cast_to_kern_ctx() may be called */
	__u32 has_services; /* 1 if there is anything in `services` */
};

enum flow_direction {
	FLOW_EGRESS = 0,
	FLOW_INGRESS = 1,
	FLOW_DIRECTIONS,
};

/* Why bytes that a hook saw are in no slot. Each direction has its own counter. */
enum flow_loss {
	/* The packet has no full socket, so no owner. */
	FLOW_LOSS_NO_SOCKET = 0,
	/* The headers cannot be read: not IP, cut short, or more IPv6 extension headers than we follow. */
	FLOW_LOSS_MALFORMED,
	/* Every slot is taken, those for overflow included. */
	FLOW_LOSS_MAP_FULL,
	/* A raw socket's copy of a TCP or UDP packet, which its own socket counts already. */
	FLOW_LOSS_RAW_COPY,
	FLOW_LOSSES,
};

/* All integers in host order, except where __be says otherwise. No padding: equal flows have equal bytes. */
struct flow_key {
	__u64 cgroup_id; /* of the socket; the inode number of the cgroup v2 directory */
	__u8 remote[16]; /* IPv6, or IPv4-mapped */
	__u16 service_port; /* port of the side that accepted; the lower one if unknown; 0 without ports */
	__u8 protocol; /* IANA protocol number */
	__u8 traits; /* FLOW_INITIATOR_MASK | FLOW_VIA_LOOPBACK */
	__u32 reserved; /* local port in keys with FLOW_TO_SERVICE, else 0; the slot's generation in struct flow_slot, which
			   user space alone changes */
};

/* Key of `services`: addresses that user space resolves. */
struct flow_service {
	__u32 prefix_length; /* 0...128 */
	__u8 address[16]; /* IPv6, or IPv4-mapped */
};

/* Value of `sources`, by slot number: our end of a flow with FLOW_TO_SERVICE. */
struct flow_source {
	__u8 local[16]; /* IPv6, or IPv4-mapped */
	__u16 local_port;
	__u16 _pad[3];
};

struct flow_counters {
	__u64 bytes[2]; /* by enum flow_direction; layer 3 bytes as on the wire */
	__u64 packets[2]; /* by enum flow_direction; a super-packet counts its segments */
};

/* One cache line. */
struct flow_slot {
	struct flow_key key;
	struct flow_counters counters;
};

/* What flow_index and sockets hold: generation << 32 | slot number + 1. 0 is no reference. */
typedef __u64 flow_ref;

struct flow_loss_counters {
	__u64 bytes;
	__u64 packets;
};

/* What drains have read of a slot: counters[n & 1] by drain number n. */
struct flow_reading {
	struct flow_counters counters[2];
};

/* The one entry of `journal`. */
struct flow_journal {
	__u8 boot_id[16]; /* random; the identity of these counters */
	__u64 committed; /* number of the last drain whose bytes are safe elsewhere; the first drain is 1 */
	__u64 taken; /* number of the last drain whose readings are complete: committed, or the next */
	struct flow_loss_counters losses[2][FLOW_LOSSES * FLOW_DIRECTIONS]; /* by parity, like readings */
	__u8 heir_of[16]; /* boot_id of older counters, the rest of which is in drain inherited_by */
	__u64 inherited_by; /* once that drain is committed, the older counters are settled; 0 before the first */
};

_Static_assert(sizeof(struct flow_key) == 32, "flow_key");
_Static_assert(sizeof(struct flow_service) == 20, "flow_service");
_Static_assert(sizeof(struct flow_source) == 24, "flow_source");
_Static_assert(sizeof(struct flow_counters) == 32, "flow_counters");
_Static_assert(sizeof(struct flow_slot) == 64, "flow_slot");
_Static_assert(sizeof(struct flow_loss_counters) == 16, "flow_loss_counters");
_Static_assert(sizeof(struct flow_reading) == 64, "flow_reading");
_Static_assert(sizeof(struct flow_journal) == 312, "flow_journal");

#endif
