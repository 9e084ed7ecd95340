/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * SYN-ACKs over IPv6 that the kernel sends past the hook: all of them before Linux 6.12. Each SYN that reaches a
 * listener is answered by one, in the flow of the SYN, so it is counted with the SYN.
 *
 * Whether the hook sees them is measured, not concluded from a version: the first one that passes settles it. Until
 * then each is counted with its SYN, and each that passes the hook nevertheless is not counted again.
 */
#ifndef NETLEDGER_HANDSHAKE_H
#define NETLEDGER_HANDSHAKE_H

#include "packet.h"
#include "slots.h"

#define TCP_FLAG_BITS_SYN 0x02
#define TCP_FLAG_BITS_ACK 0x10
#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_SCALE 3
#define TCP_OPTION_SACK 4
#define TCP_OPTION_TIMES 8
/* Options that are looked at; what a kernel's SYN has is five, with a NOP or two. */
#define MAX_SYN_OPTIONS 12

static volatile struct {
	__u64 passed; /* the hook has seen a SYN-ACK over IPv6 */
	__s64 early; /* SYN-ACKs that were counted before they could be seen */
} syn_acks;

/* Is it settled that the hook sees SYN-ACKs over IPv6? */
static __always_inline bool syn_acks_pass(void)
{
	return syn_acks.passed && syn_acks.early <= 0;
}

static __always_inline __u8 tcp_flags(struct __sk_buff *skb, const struct packet *p)
{
	__u8 flags = 0;

	bpf_skb_load_bytes(skb, p->l3_length + 13, &flags, 1);
	return flags & (TCP_FLAG_BITS_SYN | TCP_FLAG_BITS_ACK);
}

/*
 * What the answer to this SYN weighs: both headers, the segment size, and the options of the SYN, which a kernel with
 * the usual settings accepts. Selective acknowledgement shares the padding of the time stamps.
 */
static __always_inline struct load answer_load(struct __sk_buff *skb, const struct packet *p)
{
	/*
	 * 64 bits each: without CAP_PERFMON the verifier refuses a register of 32 bits that the compiler saves where it
	 * had saved a pointer.
	 */
	__u64 offset = p->l3_length + sizeof(struct tcphdr);
	__u64 end = p->l3_length + p->l4_length;
	__u64 seen = 0; /* bit n: option of kind n */

	for (int i = 0; i < MAX_SYN_OPTIONS; i++) {
		__u8 option[2] = {}; /* kind, length */

		if (offset + sizeof(option) > end || bpf_skb_load_bytes(skb, offset, option, sizeof(option)) ||
		    option[0] == TCP_OPTION_END)
			break;
		if (option[0] == TCP_OPTION_NOP) {
			offset++;
			continue;
		}
		if (option[1] < 2)
			break;
		if (option[0] < 64)
			seen |= 1ULL << option[0];
		offset += option[1];
	}
	return (struct load){
		.bytes = sizeof(struct ipv6hdr) + sizeof(struct tcphdr) + 4 + (seen & 1 << TCP_OPTION_SCALE ? 4 : 0) +
			 (seen & 1 << TCP_OPTION_TIMES ? 12 : seen & 1 << TCP_OPTION_SACK ? 4 : 0),
		.packets = 1,
	};
}

/* Counts the answer to a SYN over IPv6 that has reached a listener, if the hook is not known to see answers. */
static __always_inline void count_syn_ack(struct __sk_buff *skb, const struct packet *p, struct flow_slot *slot)
{
	if (syn_acks.passed || tcp_flags(skb, p) != TCP_FLAG_BITS_SYN)
		return;
	atomic_add(&syn_acks.early, 1);
	add(slot, FLOW_EGRESS, answer_load(skb, p));
}

/* Is this packet of a listener a SYN-ACK over IPv6 that was counted with its SYN? */
static __always_inline bool syn_ack_is_counted(struct __sk_buff *skb, const struct packet *p)
{
	if (syn_acks_pass())
		return false;
	if (tcp_flags(skb, p) != (TCP_FLAG_BITS_SYN | TCP_FLAG_BITS_ACK))
		return false;
	syn_acks.passed = 1;
	if (syn_acks.early <= 0)
		return false;
	atomic_add(&syn_acks.early, -1);
	return true;
}

#endif
