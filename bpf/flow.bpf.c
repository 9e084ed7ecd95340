// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Counts the bytes of every socket on the host, by owner and remote service: see flow.h.
 *
 * Hooks on the cgroup v2 root. Every path returns ALLOW: the meter never touches the traffic.
 */
#include "handshake.h"
#include "initiator.h"
#include "kernel.h"
#include "packet.h"
#include "slots.h"

#define ALLOW 1
#define SOCK_RAW 3
#define LOOPBACK_IFINDEX 1
/* States of a TCP socket in which it can still become, or have, another connection than it remembers. */
#define UNSETTLED (1 << BPF_TCP_SYN_SENT | 1 << BPF_TCP_LISTEN | 1 << BPF_TCP_CLOSE)
/* States in which our FIN is out and the remote's may come. */
#define CLOSING (1 << BPF_TCP_FIN_WAIT1 | 1 << BPF_TCP_FIN_WAIT2)

/* Is the remote a service address, so that conntrack knows which backend it is for each connection? */
static __always_inline bool is_service(const struct packet *p, __u64 initiator, bool via_loopback)
{
	struct flow_service service = { .prefix_length = 128 };

	if (!config.has_services || initiator != FLOW_INITIATOR_POD || via_loopback || !p->l4_length)
		return false;
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		return false;
	__builtin_memcpy(service.address, p->remote, sizeof(service.address));
	return bpf_map_lookup_elem(&services, &service);
}

/* The flow of one connection to a service. Returns 0 if there is no room for it. */
static __always_inline flow_ref service_flow(struct flow_key key, const struct packet *p)
{
	struct flow_source source = { .local_port = p->local_port };

	__builtin_memcpy(source.local, p->local, sizeof(source.local));
	key.traits |= FLOW_TO_SERVICE;
	key.reserved = p->local_port;
	return find_flow(&key, &source);
}

static __always_inline flow_ref flow_of(struct __sk_buff *skb, const struct packet *p,
					__u64 initiator, bool via_loopback)
{
	struct flow_key key = { .cgroup_id = bpf_skb_cgroup_id(skb) };
	flow_ref ref;

	__builtin_memcpy(key.remote, p->remote, sizeof(key.remote));
	key.protocol = p->protocol;
	key.traits = initiator | (via_loopback ? FLOW_VIA_LOOPBACK : 0);
	if (initiator == FLOW_INITIATOR_POD)
		key.service_port = p->remote_port;
	else if (initiator == FLOW_INITIATOR_REMOTE || p->local_port < p->remote_port)
		key.service_port = p->local_port;
	else
		key.service_port = p->remote_port;
	if (is_service(p, initiator, via_loopback)) {
		ref = service_flow(key, p);
		if (ref)
			return ref;
	}
	return find_flow(&key, NULL);
}

static __always_inline struct peer_key peer_of(struct __sk_buff *skb, const struct packet *p, bool via_loopback)
{
	struct peer_key key = { .cgroup_id = bpf_skb_cgroup_id(skb) };

	__builtin_memcpy(key.remote, p->remote, sizeof(key.remote));
	key.local_port = p->local_port;
	key.remote_port = p->remote_port;
	key.via_loopback = via_loopback;
	return key;
}

/* A datagram's flow was started by whoever sent the first datagram between the two ports. */
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

static __always_inline bool same_remote(const struct flow_slot *slot, const struct packet *p)
{
	const __u64 *a = (const void *)slot->key.remote;
	__u64 b[2];

	__builtin_memcpy(b, p->remote, sizeof(b));
	return a[0] == b[0] && a[1] == b[1];
}

/* The flow of a packet whose socket holds no usable reference; remembers it where the socket can have just one. */
static __always_inline flow_ref find_packet_flow(struct __sk_buff *skb, struct bpf_sock *sk,
					  const struct packet *p, enum flow_direction direction,
					  bool via_loopback)
{
	struct socket_state *state;
	flow_ref ref;
	__u64 initiator;

	if (p->protocol == IPPROTO_UDP && p->l4_length) {
		ref = datagram_flow(skb, p, direction, via_loopback);
		if (!sk->dst_port || bpf_ntohs(sk->dst_port) != p->remote_port || sk->type == SOCK_RAW)
			return ref;
		state = state_of(sk);
		if (state) {
			state->kind = CONNECTED_DATAGRAMS;
			state->ref = ref;
		}
		return ref;
	}
	if (p->protocol == IPPROTO_TCP && p->l4_length && sk->type != SOCK_RAW) {
		state = state_of(sk);
		initiator = state ? tcp_initiator(skb, sk, state, p, direction) : FLOW_INITIATOR_UNKNOWN;
		ref = flow_of(skb, p, initiator, via_loopback);
		/* What is not known yet may become known with the first packet that goes out. */
		if (state && sk->state != BPF_TCP_LISTEN && (initiator || direction == FLOW_EGRESS)) {
			state->kind = CONNECTION;
			state->ref = ref;
		}
		return ref;
	}
	if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6)
		return flow_of(skb, p, icmp_initiator(p, direction), via_loopback);
	return flow_of(skb, p, FLOW_INITIATOR_UNKNOWN, via_loopback);
}

/* The slot that a socket remembers, unless the flow was retired or went over another interface. */
static __always_inline struct flow_slot *remembered(struct socket_state *state, bool via_loopback)
{
	struct flow_slot *slot = resolve(*(volatile flow_ref *)&state->ref);

	if (!slot || !(slot->key.traits & FLOW_VIA_LOOPBACK) == via_loopback)
		return NULL;
	return slot;
}

/* Between our FIN and the remote's: remembers what watch_close() needs. */
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
 * Counts a packet of a settled TCP connection, which has one remote and so one flow: nothing is read from the packet
 * but the header lengths of a super-packet. Returns false if the general way has to be taken.
 */
static __always_inline bool count_connection(struct __sk_buff *skb, struct bpf_sock *sk,
					     struct socket_state *state, enum flow_direction direction, bool via_loopback)
{
	struct load load = plain_load(skb);
	struct flow_slot *slot;

	if (state->kind != CONNECTION || 1 << sk->state & UNSETTLED)
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

/* A connected UDP socket may still send elsewhere, and may connect anew: the packet must match. */
static __always_inline struct flow_slot *connected_slot(struct bpf_sock *sk, struct socket_state *state,
							const struct packet *p, bool via_loopback)
{
	struct flow_slot *slot;

	if (state->kind != CONNECTED_DATAGRAMS || bpf_ntohs(sk->dst_port) != p->remote_port)
		return NULL;
	slot = remembered(state, via_loopback);
	return slot && same_remote(slot, p) ? slot : NULL;
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
 * Counts a plain datagram between ports that are known. Its headers are read into registers: nothing here takes the
 * packet's address. Returns false if the general way has to be taken.
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

/*
 * Counts what one look tells the flow of. A connected socket remembers its flow; sockets that are not full remember
 * nothing. Before all else, so that this needs no more of the socket than every kind of socket has.
 */
static __always_inline bool count_known(struct __sk_buff *skb, struct bpf_sock *sk,
					enum flow_direction direction, bool via_loopback)
{
	struct socket_state *state;

	if (!sk->dst_port)
		return count_datagram(skb, sk, NULL, direction, via_loopback);
	state = bpf_sk_storage_get(&sockets, sk, 0, 0);
	return state && (count_connection(skb, sk, state, direction, via_loopback) ||
			 count_datagram(skb, sk, state, direction, via_loopback));
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

SEC("sockops")
int watch_close(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ops->args[0] == BPF_TCP_FIN_WAIT2 && ops->args[1] == BPF_TCP_CLOSE)
			count_last_packets(ops);
		break;
	}
	return ALLOW;
}

char _license[] SEC("license") = "Dual MIT/GPL";
