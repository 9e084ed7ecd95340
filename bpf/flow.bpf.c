// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Counts the bytes of every socket on the host, by owner and remote service: see flow.h.
 *
 * Hooks on the cgroup v2 root. Every path returns ALLOW: the meter never touches the traffic.
 */
#include "connection.h"
#include "datagram.h"
#include "initiator.h"

#define ALLOW 1
#define SOCK_RAW 3
#define LOOPBACK_IFINDEX 1

/* The flow of a datagram. It was started by whoever sent the first datagram that was seen between the two ports. */
static __always_inline flow_ref datagram_flow(struct __sk_buff *skb, const struct packet *p,
					      enum flow_direction direction, bool via_loopback)
{
	struct peer_key key = peer_of(skb, p, via_loopback);
	struct peer *known, peer = {};

	known = bpf_map_lookup_elem(&datagram_peers, &key);
	if (known && resolve(known->ref))
		return known->ref;
	if (known)
		peer.initiator = known->initiator;
	else
		peer.initiator = direction == FLOW_EGRESS ? FLOW_INITIATOR_POD : FLOW_INITIATOR_REMOTE;
	peer.ref = flow_of(skb, p, peer.initiator, via_loopback);
	if (peer.ref)
		bpf_map_update_elem(&datagram_peers, &key, &peer, BPF_ANY);
	return peer.ref;
}

/* The flow of a TCP packet. What is not known yet may become known with the first packet that goes out. */
static __always_inline flow_ref connection_flow(struct __sk_buff *skb, struct bpf_sock *sk, const struct packet *p,
						enum flow_direction direction, bool via_loopback)
{
	struct socket_state *state;
	__u64 initiator;
	flow_ref ref;

	if (1 << sk->state & OPENING)
		return flow_of(skb, p, opener(sk), via_loopback);
	state = state_of(skb, sk);
	initiator = state ? tcp_initiator(skb, sk, state, p, direction) : FLOW_INITIATOR_UNKNOWN;
	/* Kept as it is, and not as a truth value of 32 bits: see answer_load(). */
	barrier_var(state);
	ref = flow_of(skb, p, initiator, via_loopback);
	if (state && (initiator || direction == FLOW_EGRESS)) {
		state->kind = CONNECTION;
		state->ref = ref;
	}
	return ref;
}

/* The flow of a packet that no short way leads to; remembers it where the socket can have just one. */
static __always_inline flow_ref find_packet_flow(struct __sk_buff *skb, struct bpf_sock *sk,
						 const struct packet *p, enum flow_direction direction,
						 bool via_loopback)
{
	struct socket_state *state;
	flow_ref ref;

	if (p->protocol == IPPROTO_UDP && p->l4_length) {
		ref = datagram_flow(skb, p, direction, via_loopback);
		if (!sk->dst_port || bpf_ntohs(sk->dst_port) != p->remote_port || sk->type == SOCK_RAW)
			return ref;
		state = state_of(skb, sk);
		if (state) {
			state->kind = CONNECTED_DATAGRAMS;
			state->ref = ref;
		}
		return ref;
	}
	if (p->protocol == IPPROTO_TCP && p->l4_length && sk->type != SOCK_RAW)
		return connection_flow(skb, sk, p, direction, via_loopback);
	if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6)
		return flow_of(skb, p, icmp_initiator(p, direction), via_loopback);
	return flow_of(skb, p, FLOW_INITIATOR_UNKNOWN, via_loopback);
}

/*
 * Counts what one look tells the flow of. A connected socket remembers its flow; listeners and sockets that are not full
 * remember nothing. Before all else, so that this needs no more of the socket than every kind of socket has.
 */
static __always_inline bool count_known(struct __sk_buff *skb, struct bpf_sock *sk,
					enum flow_direction direction, bool via_loopback)
{
	struct socket_state *state;

	if (!sk->dst_port && sk->state != BPF_TCP_LISTEN)
		return count_datagram(skb, sk, NULL, direction, via_loopback);
	if (1 << sk->state & OPENING)
		return count_first(skb, sk, opener(sk), NULL, direction, via_loopback);
	/* A UDP socket has no place: the look for one would be in vain. */
	state = seems(skb, IPPROTO_UDP) ? bpf_sk_storage_get(&sockets, sk, 0, 0) : known_state(skb, sk);
	if (!state)
		return false;
	if (state->kind == CONNECTION)
		return count_connection(skb, sk, state, direction, via_loopback);
	if (state->kind == CONNECTED_DATAGRAMS)
		return count_datagram(skb, sk, state, direction, via_loopback);
	return state->initiator && count_first(skb, sk, state->initiator, state, direction, via_loopback);
}

static __always_inline int count(struct __sk_buff *skb, enum flow_direction direction)
{
	bool via_loopback = skb->ifindex == LOOPBACK_IFINDEX;
	bool egress = direction == FLOW_EGRESS;
	struct bpf_sock *sk = skb->sk;
	struct flow_slot *slot;
	bool handshake;
	struct packet p = {};
	struct load load;

	if (sk && count_known(skb, sk, direction, via_loopback))
		return ALLOW;
	if (sk)
		sk = bpf_sk_fullsock(sk);
	if (!sk) {
		lose(FLOW_LOSS_NO_SOCKET, direction, plain_load(skb));
		return ALLOW;
	}
	if (!read_plain(skb, &p, IPPROTO_TCP, egress) && !read_plain(skb, &p, IPPROTO_UDP, egress) &&
	    read_packet(skb, &p, egress)) {
		lose(FLOW_LOSS_MALFORMED, direction, plain_load(skb));
		return ALLOW;
	}
	load = wire_load(skb, p.l3_length + p.l4_length, p.jumbo_length);
	load = fragmented_load(skb, &p, direction, load);
	if (sk->type == SOCK_RAW && !egress &&
	    (p.protocol == IPPROTO_TCP || p.protocol == IPPROTO_UDP)) {
		lose(FLOW_LOSS_RAW_COPY, direction, load);
		return ALLOW;
	}
	handshake = sk->state == BPF_TCP_LISTEN && p.is_v6 && p.protocol == IPPROTO_TCP && p.l4_length;
	if (handshake && egress && syn_ack_is_counted(skb, &p))
		return ALLOW;
	slot = slot_of(find_packet_flow(skb, sk, &p, direction, via_loopback));
	if (!slot)
		slot = slot_of(find_overflow(bpf_skb_cgroup_id(skb)));
	if (!slot) {
		lose(FLOW_LOSS_MAP_FULL, direction, load);
		return ALLOW;
	}
	add(slot, direction, load);
	if (handshake && !egress)
		count_syn_ack(skb, &p, slot);
	return ALLOW;
}

SEC("cgroup_skb/egress")
int count_egress(struct __sk_buff *skb)
{
	return count(skb, FLOW_EGRESS);
}

SEC("cgroup_skb/ingress")
int count_ingress(struct __sk_buff *skb)
{
	return count(skb, FLOW_INGRESS);
}

SEC("sockops")
int watch_close(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		count_from_here(ops, FLOW_INITIATOR_POD);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		count_from_here(ops, FLOW_INITIATOR_REMOTE);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ops->args[1] != BPF_TCP_CLOSE)
			break;
		if (ops->args[0] == BPF_TCP_FIN_WAIT2)
			count_last_packets(ops);
		give_place_back(bpf_get_socket_cookie(ops));
		break;
	}
	return ALLOW;
}

char _license[] SEC("license") = "Dual MIT/GPL";
