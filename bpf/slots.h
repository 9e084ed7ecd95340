/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Counting: what a packet weighs, the slot of its flow, and the losses. */
#ifndef NETLEDGER_SLOTS_H
#define NETLEDGER_SLOTS_H

#include <stdbool.h>

#include "maps.h"

/* Bytes and packets that an skb is on the wire, where a super-packet is its segments. */
struct load {
	__u64 bytes;
	__u64 packets;
};

static __always_inline struct load plain_load(struct __sk_buff *skb)
{
	return (struct load){ .bytes = skb->len, .packets = 1 };
}

/*
 * Each segment of a super-packet carries the network and transport headers, `header` bytes, again; a jumbo option
 * never reaches the wire.
 */
static __always_inline struct load wire_load(struct __sk_buff *skb, __u32 header, __u32 jumbo)
{
	__u32 size = skb->gso_size;
	__u32 segments = skb->gso_segs;

	if (!size || header > skb->len)
		return plain_load(skb);
	if (!segments)
		segments = (skb->len - header + size - 1) / size;
	if (!segments)
		segments = 1;
	return (struct load){
		.bytes = skb->len - jumbo + (__u64)(segments - 1) * (header - jumbo),
		.packets = segments,
	};
}

static __always_inline void lose(enum flow_loss reason, enum flow_direction direction,
				 struct load load)
{
	__u32 key = reason * FLOW_DIRECTIONS + direction;
	struct flow_loss_counters *lost = bpf_map_lookup_elem(&losses, &key);

	if (lost) {
		lost->bytes += load.bytes;
		lost->packets += load.packets;
	}
}

/* Relaxed, so that it compiles to an addition that returns nothing: kernels before 5.12 have no other. */
#define atomic_add(to, amount) ((void)__atomic_fetch_add(to, amount, __ATOMIC_RELAXED))

static __always_inline void add(struct flow_slot *slot, enum flow_direction direction,
				struct load load)
{
	atomic_add(&slot->counters.bytes[direction], load.bytes);
	atomic_add(&slot->counters.packets[direction], load.packets);
}

/*
 * The slot behind a reference that this run of the program has found, or 0. It may be retired meanwhile: user space
 * reads its counters for the last time after this run.
 */
static __always_inline struct flow_slot *slot_of(flow_ref ref)
{
	__u32 number = (__u32)ref - 1;

	return ref ? bpf_map_lookup_elem(&slots, &number) : NULL;
}

/* The slot behind a reference that was remembered, or NULL if the flow has been retired since. */
static __always_inline struct flow_slot *resolve(flow_ref ref)
{
	struct flow_slot *slot = slot_of(ref);

	if (!slot || *(volatile __u32 *)&slot->key.reserved != ref >> 32)
		return NULL;
	return slot;
}

static __always_inline __u64 *slots_taken_by(__u64 cgroup_id)
{
	__u64 *taken = bpf_map_lookup_elem(&taken_slots, &cgroup_id);
	__u64 none = 0;

	if (taken)
		return taken;
	bpf_map_update_elem(&taken_slots, &cgroup_id, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&taken_slots, &cgroup_id);
}

static __always_inline bool within_quota(__u64 cgroup_id, const __u64 *taken)
{
	__u64 *freed = bpf_map_lookup_elem(&freed_slots, &cgroup_id);

	return !taken || (__s64)(*taken - (freed ? *freed : 0)) < config.owner_quota;
}

/* Makes slot `number` the flow's. Returns 0 if another processor was first, or the index or `sources` is full. */
static __always_inline flow_ref publish(const struct flow_key *key, const struct flow_source *source, __u32 number)
{
	struct flow_slot *slot = bpf_map_lookup_elem(&slots, &number);
	flow_ref ref;

	if (!slot)
		return 0;
	if (source && bpf_map_update_elem(&sources, &number, source, BPF_ANY))
		return 0;
	slot->key.cgroup_id = key->cgroup_id;
	__builtin_memcpy(slot->key.remote, key->remote, sizeof(slot->key.remote));
	slot->key.service_port = key->service_port;
	slot->key.protocol = key->protocol;
	slot->key.traits = key->traits;
	ref = (flow_ref)slot->key.reserved << 32 | (number + 1);
	if (!bpf_map_update_elem(&flow_index, key, &ref, BPF_NOEXIST))
		return ref;
	slot->key.cgroup_id = 0;
	return 0;
}

/* The flow's reference, from the index. An entry that user space has just retired is taken out of the way. */
static __always_inline flow_ref indexed(const struct flow_key *key)
{
	flow_ref *found = bpf_map_lookup_elem(&flow_index, key);

	if (!found)
		return 0;
	if (resolve(*found))
		return *found;
	bpf_map_delete_elem(&flow_index, key);
	return 0;
}

/*
 * Finds the flow's slot or takes a free one; `source` is NULL except for a flow with FLOW_TO_SERVICE. Returns 0 if there
 * is none, or the owner has its quota.
 */
static __always_inline flow_ref find_flow(const struct flow_key *key, const struct flow_source *source)
{
	flow_ref ref = indexed(key);
	__u64 *taken;
	__u32 number;

	if (ref)
		return ref;
	taken = slots_taken_by(key->cgroup_id);
	if (!within_quota(key->cgroup_id, taken) || bpf_map_pop_elem(&free_slots, &number))
		return 0;
	ref = publish(key, source, number);
	if (ref) {
		if (taken)
			atomic_add(taken, 1);
		return ref;
	}
	bpf_map_push_elem(&free_slots, &number, 0);
	return indexed(key);
}

/* The owner's overflow flow. Returns 0 if even the slots for those are taken. */
static __always_inline flow_ref find_overflow(__u64 cgroup_id)
{
	struct flow_key key = { .cgroup_id = cgroup_id };
	flow_ref ref = indexed(&key);
	__u32 number;

	if (ref || bpf_map_pop_elem(&reserve_slots, &number))
		return ref;
	ref = publish(&key, NULL, number);
	if (ref)
		return ref;
	bpf_map_push_elem(&reserve_slots, &number, 0);
	return indexed(&key);
}

#endif
