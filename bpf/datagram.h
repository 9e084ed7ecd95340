/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The short way to the flow of a UDP datagram. */
#ifndef NETLEDGER_DATAGRAM_H
#define NETLEDGER_DATAGRAM_H

#include "kernel.h"
#include "key.h"

static __always_inline struct peer_key peer_of(struct __sk_buff *skb, const struct packet *p, bool via_loopback)
{
	struct peer_key key = { .cgroup_id = bpf_skb_cgroup_id(skb) };

	__builtin_memcpy(key.remote, p->remote, sizeof(key.remote));
	key.local_port = p->local_port;
	key.remote_port = p->remote_port;
	key.via_loopback = via_loopback;
	return key;
}

/* A connected UDP socket may still send elsewhere, and may connect anew: the packet must match. */
static __always_inline struct flow_slot *connected_slot(struct bpf_sock *sk, struct socket_state *state,
							const struct packet *p, bool via_loopback)
{
	struct flow_slot *slot;

	if (bpf_ntohs(sk->dst_port) != p->remote_port)
		return NULL;
	slot = remembered(state, via_loopback);
	return slot && same_remote(slot, p->remote) ? slot : NULL;
}

/* The slot of a datagram of a socket that is not connected; NULL for a raw socket, whose port is its protocol. */
static __always_inline struct flow_slot *peer_slot(struct __sk_buff *skb, struct bpf_sock *sk,
						   const struct packet *p, bool via_loopback)
{
	struct peer_key key;
	struct peer *known;

	if (sk->src_port != p->local_port || sk->src_port == IPPROTO_UDP)
		return NULL;
	key = peer_of(skb, p, via_loopback);
	known = bpf_map_lookup_elem(&datagram_peers, &key);
	return known ? resolve(known->ref) : NULL;
}

/*
 * Counts a plain datagram between ports that are known; `state` is NULL if the socket is not connected. The headers are
 * read into registers: nothing here takes the packet's address. Returns false if the general way has to be taken.
 */
static __always_inline bool count_datagram(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state,
					   enum flow_direction direction, bool via_loopback)
{
	struct flow_slot *slot;
	struct packet p = {};
	struct load load;

	if (!read_plain(skb, &p, IPPROTO_UDP, direction == FLOW_EGRESS))
		return false;
	slot = state ? connected_slot(sk, state, &p, via_loopback) : peer_slot(skb, sk, &p, via_loopback);
	if (!slot)
		return false;
	load = wire_load(skb, p.l3_length + p.l4_length, 0);
	add(slot, direction, fragmented_load(skb, &p, direction, load));
	return true;
}

#endif
