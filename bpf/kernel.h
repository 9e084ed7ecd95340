/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What only the kernel's own structures tell. Their layout comes from the BTF of the running kernel: flow.bpf.c is
 * compiled twice, with KERNEL_TYPES for kernels that have BTF, and without for those that do not and for processes
 * without CAP_PERFMON. Without, each function here answers "not known".
 */
#ifndef NETLEDGER_KERNEL_H
#define NETLEDGER_KERNEL_H

#include "packet.h"
#include "slots.h"

/* Packets up to here are not looked at for fragments: every IPv4 host takes them whole (RFC 791, section 3.1). */
#define NEVER_FRAGMENTED 576

#ifdef KERNEL_TYPES

#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct tcp_sock {
	__u64 bytes_acked;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 write_seq;
};

struct net_device {
	unsigned int mtu;
};

struct sk_buff {
	struct net_device *dev;
	char cb[48];
};

struct inet_skb_parm {
	__u16 frag_max_size;
};

struct inet6_skb_parm {
	__u16 frag_max_size;
};

#pragma clang attribute pop

/* Since Linux 6.2; weak, so that the program loads where it is missing and config.kernel_context is 0. */
extern void *bpf_cast_to_kern_ctx(void *context) __ksym __weak;

/*
 * Who opened a connection, from its sequence numbers. The SYN takes one number and is no byte: what was acknowledged
 * and what is in flight, less what was sent, is 1 on the side that sent it. The side that accepted starts to count
 * after its SYN-ACK, so there it is 0. A FIN takes a number too; where we cannot know if it is out, nothing follows.
 *
 * On the way out the socket is locked, and this packet is sent but not yet in snd_nxt. On the way in another processor may
 * be sending, which makes the result too small: 0 counts only if nothing is left to send.
 */
static __always_inline __u64 initiator_by_sequence(struct __sk_buff *skb, struct bpf_sock *sk,
						   const struct packet *p, enum flow_direction direction)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u32 next, numbers;
	bool fin = sk->state == BPF_TCP_FIN_WAIT2;

	if (!tp)
		return FLOW_INITIATOR_UNKNOWN;
	next = tp->snd_nxt;
	if (direction == FLOW_EGRESS) {
		struct tcphdr tcp;
		__u32 end;

		if (bpf_skb_load_bytes(skb, p->l3_length, &tcp, sizeof(tcp)))
			return FLOW_INITIATOR_UNKNOWN;
		end = bpf_ntohl(tcp.seq) + skb->len - p->l3_length - p->l4_length + tcp.fin;
		if ((__s32)(end - next) > 0)
			next = end;
		fin |= tcp.fin;
	}
	if (!fin && 1 << sk->state & (1 << BPF_TCP_FIN_WAIT1 | 1 << BPF_TCP_CLOSING | 1 << BPF_TCP_LAST_ACK))
		return FLOW_INITIATOR_UNKNOWN;
	numbers = (__u32)tp->bytes_acked + (next - tp->snd_una);
	numbers -= (__u32)(tp->bytes_sent - tp->bytes_retrans) + fin;
	if (numbers == 1)
		return FLOW_INITIATOR_POD;
	if (numbers == 0 && (direction == FLOW_EGRESS || tp->write_seq == tp->snd_nxt))
		return FLOW_INITIATOR_REMOTE;
	return FLOW_INITIATOR_UNKNOWN;
}

/*
 * Length of the longest fragment that a packet goes out in, or came in: the MTU of its interface, or what the
 * reassembly noted. 0 if it is not fragmented, or cannot be known.
 */
static __always_inline __u32 fragment_length(struct __sk_buff *skb, const struct packet *p,
					     enum flow_direction direction)
{
	struct sk_buff *kernel_skb;
	__u16 noted = 0;

	if (!config.kernel_context || skb->gso_size || skb->len <= NEVER_FRAGMENTED)
		return 0;
	kernel_skb = bpf_cast_to_kern_ctx(skb);
	if (direction == FLOW_EGRESS)
		return kernel_skb->dev ? kernel_skb->dev->mtu : 0;
	bpf_probe_read_kernel(&noted, sizeof(noted),
			      (void *)kernel_skb->cb +
				      (p->is_v6 ? bpf_core_field_offset(struct inet6_skb_parm, frag_max_size) :
						  bpf_core_field_offset(struct inet_skb_parm, frag_max_size)));
	return noted;
}

#else

#define initiator_by_sequence(skb, sk, p, direction) ((void)(sk), (void)(direction), FLOW_INITIATOR_UNKNOWN)
#define fragment_length(skb, p, direction) ((void)(direction), 0)

#endif

/*
 * What a packet is on the wire that IP cuts after the hook, or has put together before it. Each fragment carries the
 * network header again, and all but the last a multiple of 8 bytes (RFC 791, section 3.2); in IPv6 each carries a
 * fragment header of 8 bytes too (RFC 8200, section 4.5).
 */
static __always_inline struct load fragmented_load(struct __sk_buff *skb, const struct packet *p,
						   enum flow_direction direction, struct load load)
{
	__u32 longest = fragment_length(skb, p, direction);
	__u32 header = p->l3_length + (p->is_v6 ? 8 : 0);
	__u32 payload, fragments;

	if (!longest || skb->len <= longest || longest < header + 8)
		return load;
	payload = (longest - header) & ~7;
	fragments = (skb->len - p->l3_length + payload - 1) / payload;
	load.bytes = skb->len - p->l3_length + (__u64)fragments * header;
	load.packets = fragments;
	return load;
}

#endif
