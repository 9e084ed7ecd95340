/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The maps of flow.bpf.c, and what only the kernel side puts into them. flow.h has what user space shares. */
#ifndef NETLEDGER_MAPS_H
#define NETLEDGER_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "flow.h"

/* The defaults; user space sets the sizes it wants before loading. */
#define MAX_FLOWS 65536

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_FLOWS);
	__type(key, __u32);
	__type(value, struct flow_slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_FLOWS);
	__type(key, struct flow_key);
	__type(value, flow_ref);
} flow_index SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, MAX_FLOWS);
	__type(value, __u32);
} free_slots SEC(".maps");

/* Slots for overflow flows. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, MAX_FLOWS);
	__type(value, __u32);
} reserve_slots SEC(".maps");

/*
 * Slots that each cgroup has taken (counted here) and given back (counted by user space). Only the quota looks at
 * them: where an entry was evicted, the quota is too generous for a while, and nothing is counted wrong.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64);
} taken_slots SEC(".maps"), freed_slots SEC(".maps");

const volatile struct flow_config config = { .owner_quota = MAX_FLOWS };

/* Filled before the hooks are attached, and not read at all if it is empty. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct flow_service);
	__type(value, __u32);
} services SEC(".maps");

/* Not preallocated: it is as large as there are connections to services. An entry outlives its flow unless user space
 * deletes it, and means nothing then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_FLOWS);
	__type(key, __u32);
	__type(value, struct flow_source);
} sources SEC(".maps");

/* Which side sent the first datagram between a local port and a remote one, and the flow that is. */
struct peer_key {
	__u64 cgroup_id;
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u32 via_loopback;
};

struct peer {
	flow_ref ref;
	__u64 initiator;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_FLOWS);
	__type(key, struct peer_key);
	__type(value, struct peer);
} datagram_peers SEC(".maps");

/* Whose reference a socket remembers. */
enum reference_kind {
	NO_REFERENCE,
	CONNECTION, /* a TCP connection's */
	CONNECTED_DATAGRAMS, /* a connected UDP socket's */
};

/*
 * What a socket remembers. The reference is only kept where the socket can have one flow: a TCP connection or a
 * connected UDP socket. It is one word, so that processors that race to set it cannot mix two flows up.
 */
struct socket_state {
	flow_ref ref;
	__u16 initiator;
	__u16 kind; /* enum reference_kind */
	__u16 header; /* header bytes of the last packet received after our FIN */
	__u16 ended; /* the remote's FIN or RST was received */
};

/* A power of two: connections of this many sockets that follow each other have a place. */
#define PLACES 65536

/* What an established connection remembers, found by its socket's cookie, a number that no other socket ever has. */
struct place {
	struct bpf_spin_lock lock; /* of taking the place and giving it back */
	__u32 reserved;
	__u64 cookie; /* 0 if the place is free */
	struct socket_state state;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PLACES);
	__type(key, __u32);
	__type(value, struct place);
} places SEC(".maps");

/*
 * The same for all other sockets: those whose place is taken, connections older than the meter, connected UDP. Not for
 * all, because the storage of a short connection costs more to make and free than all of its packets to count.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct socket_state);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FLOW_LOSSES * FLOW_DIRECTIONS);
	__type(key, __u32);
	__type(value, struct flow_loss_counters);
} losses SEC(".maps");

/* Written by user space alone; they are here to share the life of the counters. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_FLOWS);
	__type(key, __u32);
	__type(value, struct flow_reading);
} readings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow_journal);
} journal SEC(".maps");

#endif
