/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Who initiated what a packet belongs to. */
#ifndef NETLEDGER_INITIATOR_H
#define NETLEDGER_INITIATOR_H

#include "kernel.h"
#include "maps.h"
#include "packet.h"

#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO_REQUEST 8

/*
 * Was a connection that is older than the meter accepted here? It was if somebody listens on its local port;
 * if nobody does, the listener may have closed, so nothing follows.
 */
static __always_inline __u64 initiator_by_listener(struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *listener;

	if (p->is_v6) {
		__builtin_memcpy(tuple.ipv6.daddr, p->local, 16);
		tuple.ipv6.dport = bpf_htons(p->local_port);
		listener = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	} else {
		__builtin_memcpy(&tuple.ipv4.daddr, p->local + 12, 4);
		tuple.ipv4.dport = bpf_htons(p->local_port);
		listener = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	}
	if (!listener)
		return FLOW_INITIATOR_UNKNOWN;
	bpf_sk_release(listener);
	return FLOW_INITIATOR_REMOTE;
}

/* States of a socket whose packets tell who opens the connection; the same for all of them. */
#define OPENING (1 << BPF_TCP_SYN_SENT | 1 << BPF_TCP_LISTEN)

/* Who opens the connection of a socket in one of the states OPENING. */
static __always_inline __u64 opener(struct bpf_sock *sk)
{
	return sk->state == BPF_TCP_SYN_SENT ? FLOW_INITIATOR_POD : FLOW_INITIATOR_REMOTE;
}

/* Who opened a TCP connection: known from when it was established, unless it is older than the meter. */
static __always_inline __u64 tcp_initiator(struct __sk_buff *skb, struct bpf_sock *sk,
					   struct socket_state *state, const struct packet *p,
					   enum flow_direction direction)
{
	if (!state->initiator) {
		__u64 found = initiator_by_sequence(skb, sk, p, direction) ?: initiator_by_listener(skb, p);

		/* Another processor may know by now. */
		if (!found)
			return FLOW_INITIATOR_UNKNOWN;
		state->initiator = found;
	}
	return state->initiator;
}

static __always_inline __u64 icmp_initiator(const struct packet *p, enum flow_direction direction)
{
	bool request = p->icmp_type == (p->is_v6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO_REQUEST);
	bool reply = p->icmp_type == (p->is_v6 ? ICMPV6_ECHO_REPLY : ICMP_ECHO_REPLY);

	if (!request && !reply)
		return FLOW_INITIATOR_UNKNOWN;
	return request == (direction == FLOW_EGRESS) ? FLOW_INITIATOR_POD : FLOW_INITIATOR_REMOTE;
}

#endif
