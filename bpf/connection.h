/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The short ways to the flow of a TCP packet, and the end of a connection. */
#ifndef NETLEDGER_CONNECTION_H
#define NETLEDGER_CONNECTION_H

#include "handshake.h"
#include "kernel.h"
#include "key.h"

/* States in which our FIN is out and the remote's may come. */
#define CLOSING (1 << BPF_TCP_FIN_WAIT1 | 1 << BPF_TCP_FIN_WAIT2)
/* States in which a socket has no connection, or may soon have another than it remembers. */
#define UNSETTLED (1 << BPF_TCP_LISTEN | 1 << BPF_TCP_CLOSE)

/* Between our FIN and the remote's: remembers what count_last_packets() needs. */
static __always_inline void note_closing(struct __sk_buff *skb, struct socket_state *state)
{
	struct tcphdr *tcp;
	__u32 offset = plain_transport(skb, IPPROTO_TCP, (void **)&tcp);

	if (!offset)
		return;
	state->header = offset + tcp->doff * 4;
	/* Not the last word: what was sent before the FIN may come after it. */
	state->ended |= tcp->fin || tcp->rst;
}

/*
 * Counts a packet of a TCP connection, which has one remote and so one flow: nothing is read from the packet but the
 * header lengths of a super-packet. Not for a SYN, which sets what all others find. Returns false if the general way
 * has to be taken.
 */
static __always_inline bool count_connection(struct __sk_buff *skb, struct bpf_sock *sk,
					     struct socket_state *state, enum flow_direction direction, bool via_loopback)
{
	struct load load = plain_load(skb);
	struct flow_slot *slot;

	if (1 << sk->state & UNSETTLED)
		return false;
	slot = remembered(state, via_loopback);
	if (!slot)
		return false;
	if (skb->gso_size) {
		struct tcphdr *tcp;
		__u32 offset = plain_transport(skb, IPPROTO_TCP, (void **)&tcp);

		if (!offset)
			return false;
		load = wire_load(skb, offset + tcp->doff * 4, 0);
	}
	add(slot, direction, load);
	if (direction == FLOW_INGRESS && 1 << sk->state & CLOSING)
		note_closing(skb, state);
	return true;
}

/* Reads the key of a plain packet that is one segment and one fragment. Returns false for any other packet. */
static __always_inline bool segment_key(struct __sk_buff *skb, __u64 initiator, enum flow_direction direction,
					bool via_loopback, struct flow_key *key)
{
	struct packet p = {};

	if (skb->gso_size || skb->len > NEVER_FRAGMENTED || !read_plain(skb, &p, IPPROTO_TCP, direction == FLOW_EGRESS))
		return false;
	if (p.is_v6 && initiator == FLOW_INITIATOR_REMOTE && !syn_acks_pass())
		return false;
	*key = key_of(skb, &p, initiator, via_loopback);
	return true;
}

/*
 * Counts a packet of a listener, or the first of what it has accepted, which inherits what the listener remembers: the
 * flow of the last handshake. It is this packet's if it has its key. Returns false if the general way has to be taken.
 */
static __always_inline bool count_accepted(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state,
					   enum flow_direction direction, bool via_loopback)
{
	struct flow_slot *slot;
	struct flow_key key;
	flow_ref ref;

	/* What was accepted may have been disconnected. */
	if (sk->state == BPF_TCP_CLOSE || !segment_key(skb, FLOW_INITIATOR_REMOTE, direction, via_loopback, &key))
		return false;
	slot = resolve(*(volatile flow_ref *)&state->ref);
	if (!slot || !has_key(slot, &key)) {
		ref = indexed(&key);
		slot = slot_of(ref);
		if (!slot)
			return false;
		state->ref = ref;
	}
	if (sk->state != BPF_TCP_LISTEN)
		state->kind = CONNECTION;
	add(slot, direction, plain_load(skb));
	return true;
}

/*
 * Counts the SYN of a socket that connects, where its owner has a flow with that remote already. Returns false if the
 * general way has to be taken.
 */
static __always_inline bool count_connecting(struct __sk_buff *skb, struct bpf_sock *sk, bool via_loopback)
{
	struct socket_state *state;
	struct flow_slot *slot;
	struct flow_key key;
	flow_ref ref;

	if (config.has_services || !segment_key(skb, FLOW_INITIATOR_POD, FLOW_EGRESS, via_loopback, &key))
		return false;
	ref = indexed(&key);
	slot = slot_of(ref);
	if (!slot)
		return false;
	state = state_of(sk);
	if (!state)
		return false;
	state->initiator = FLOW_INITIATOR_POD;
	state->ended = 0;
	state->kind = CONNECTION;
	state->ref = ref;
	add(slot, FLOW_EGRESS, plain_load(skb));
	return true;
}

/*
 * A socket that was closed and whose remote has yet to send its FIN is replaced by a stand-in without a cgroup: that
 * FIN and our last ACK never pass the hooks. They are counted when the socket goes, one header each way.
 */
static __always_inline void count_last_packets(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct socket_state *state;
	struct flow_slot *slot;

	if (!sk)
		return;
	state = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (!state || state->ended)
		return;
	slot = resolve(state->ref);
	if (!slot || !state->header)
		return;
	add(slot, FLOW_INGRESS, (struct load){ .bytes = state->header, .packets = 1 });
	add(slot, FLOW_EGRESS, (struct load){ .bytes = state->header, .packets = 1 });
}

#endif
