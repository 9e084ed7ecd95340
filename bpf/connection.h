/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The short ways to the flow of a TCP packet, and the end of a connection. */
#ifndef NETLEDGER_CONNECTION_H
#define NETLEDGER_CONNECTION_H

#include "handshake.h"
#include "kernel.h"
#include "key.h"
#include "memory.h"

/* States in which our FIN is out and the remote's may come. */
#define CLOSING (1 << BPF_TCP_FIN_WAIT1 | 1 << BPF_TCP_FIN_WAIT2)
/* States in which a socket has no connection, or may soon have another than it remembers. */
#define UNSETTLED (1 << BPF_TCP_LISTEN | 1 << BPF_TCP_CLOSE | 1 << BPF_TCP_SYN_SENT)

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
 * header lengths of a super-packet. Returns false if the general way has to be taken.
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

/*
 * Counts a small packet of a socket without a reference, the initiator of which is known: of a listener, of a socket that
 * connects, or the first of an established connection, which remembers the flow in `state`. Returns false if the general
 * way has to be taken, also where the flow is new.
 */
static __always_inline bool count_first(struct __sk_buff *skb, struct bpf_sock *sk, __u64 initiator,
					struct socket_state *state, enum flow_direction direction, bool via_loopback)
{
	struct flow_slot *slot;
	struct packet p = {};
	struct flow_key key;
	flow_ref ref;

	if (config.has_services && initiator == FLOW_INITIATOR_POD)
		return false;
	if (skb->gso_size || skb->len > NEVER_FRAGMENTED || !read_plain(skb, &p, IPPROTO_TCP, direction == FLOW_EGRESS))
		return false;
	if (sk->state == BPF_TCP_LISTEN && p.is_v6 && !syn_acks_pass())
		return false;
	key = key_of(skb, &p, initiator, via_loopback);
	ref = indexed(&key);
	slot = slot_of(ref);
	if (!slot)
		return false;
	if (state) {
		state->ref = ref;
		state->kind = CONNECTION;
	}
	add(slot, direction, plain_load(skb));
	return true;
}

/* A connection is established: from here on it remembers who opened it. */
static __always_inline void count_from_here(struct bpf_sock_ops *ops, __u64 initiator)
{
	bool told = !bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
	struct socket_state *state;

	if ((told && take_place(bpf_get_socket_cookie(ops), initiator)) || !ops->sk)
		return;
	state = bpf_sk_storage_get(&sockets, ops->sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (state)
		*state = (struct socket_state){ .initiator = initiator };
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
	state = known_state(ops, sk);
	if (!state || state->ended)
		return;
	slot = resolve(state->ref);
	if (!slot || !state->header)
		return;
	add(slot, FLOW_INGRESS, (struct load){ .bytes = state->header, .packets = 1 });
	add(slot, FLOW_EGRESS, (struct load){ .bytes = state->header, .packets = 1 });
}

#endif
