/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Reading an IP packet at a cgroup_skb hook, where the data starts at the IP header. */
#ifndef NETLEDGER_PACKET_H
#define NETLEDGER_PACKET_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_endian.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <stdbool.h>

#include "maps.h"

/* IPv6 extension headers followed before a packet is given up as malformed. */
#define MAX_EXTENSION_HEADERS 8
#define IP_FRAGMENT_OFFSET 0x1fff
#define IP_MORE_FRAGMENTS 0x2000
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_OPTION_JUMBO 0xc2

/*
 * Where one of two offsets is added to a packet's address, compilers like to choose the offset and add once. Only with
 * CAP_PERFMON may one add what is no constant; this keeps them from it.
 */
#define ADD_A_CONSTANT(address) barrier_var(address)

struct packet {
	__u8 remote[16] __attribute__((aligned(8))); /* the side that is not ours, IPv4-mapped for IPv4 */
	__u8 local[16] __attribute__((aligned(8)));
	__u16 local_port; /* 0 where there is none */
	__u16 remote_port;
	__u16 l3_length; /* IP header with options or extension headers */
	__u16 l4_length; /* transport header; 0 where unknown */
	__u16 jumbo_length; /* bytes of a jumbo option that never reaches the wire */
	__u8 protocol;
	__u8 icmp_type;
	bool is_v6;
};

static __always_inline void map_v4(__u8 *to, __be32 address)
{
	__be32 words[] = { 0, 0, bpf_htonl(0xffff), address };

	__builtin_memcpy(to, words, sizeof(words));
}

static __always_inline int read_v4(struct __sk_buff *skb, struct packet *p, bool egress)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.ihl < 5)
		return -1;
	map_v4(egress ? p->remote : p->local, ip.daddr);
	map_v4(egress ? p->local : p->remote, ip.saddr);
	p->protocol = ip.protocol;
	p->l3_length = ip.ihl * 4;
	/* A later fragment carries no transport header. */
	return ip.frag_off & bpf_htons(IP_FRAGMENT_OFFSET) ? 0 : 1;
}

/* Returns 1 if the transport header follows, 0 if the packet has none, negative if it cannot be read. */
static __always_inline int read_v6(struct __sk_buff *skb, struct packet *p, bool egress)
{
	struct ipv6hdr ip;
	__u32 offset = sizeof(ip);
	__u8 next;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return -1;
	__builtin_memcpy(egress ? p->remote : p->local, &ip.daddr, 16);
	__builtin_memcpy(egress ? p->local : p->remote, &ip.saddr, 16);
	p->is_v6 = true;
	next = ip.nexthdr;
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		__u8 header[4]; /* next header, length, and the first option or the fragment offset */

		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
			break;
		default:
			p->protocol = next;
			p->l3_length = offset;
			return next == IPPROTO_NONE ? 0 : 1;
		}
		if (bpf_skb_load_bytes(skb, offset, header, sizeof(header)))
			return -1;
		if (next == IPPROTO_HOPOPTS && header[2] == IPV6_OPTION_JUMBO && ip.payload_len == 0)
			p->jumbo_length = 8;
		if (next == IPPROTO_FRAGMENT) {
			offset += 8;
			if ((header[2] << 8 | header[3]) & IPV6_FRAGMENT_OFFSET) {
				p->protocol = header[0];
				p->l3_length = offset;
				return 0;
			}
		} else if (next == IPPROTO_AH) {
			offset += (header[1] + 2) * 4;
		} else {
			offset += (header[1] + 1) * 8;
		}
		next = header[0];
	}
	return -1;
}

static __always_inline int read_transport(struct __sk_buff *skb, struct packet *p, bool egress)
{
	__be16 ports[2]; /* source, destination */
	__u8 offset;

	switch (p->protocol) {
	case IPPROTO_TCP:
		if (bpf_skb_load_bytes(skb, p->l3_length + 12, &offset, 1))
			return -1;
		p->l4_length = (offset >> 4) * 4;
		break;
	case IPPROTO_UDP:
		p->l4_length = sizeof(struct udphdr);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return bpf_skb_load_bytes(skb, p->l3_length, &p->icmp_type, 1);
	default:
		return 0;
	}
	if (bpf_skb_load_bytes(skb, p->l3_length, ports, sizeof(ports)))
		return -1;
	p->local_port = bpf_ntohs(egress ? ports[0] : ports[1]);
	p->remote_port = bpf_ntohs(egress ? ports[1] : ports[0]);
	return 0;
}

/*
 * Reads the headers wherever they lie in the skb, with options and extension headers. Fills a zeroed packet.
 * Returns 0, or a negative number if the headers cannot be read.
 */
static __always_inline int read_packet(struct __sk_buff *skb, struct packet *p, bool egress)
{
	__u8 version;
	int transport;

	if (bpf_skb_load_bytes(skb, 0, &version, 1))
		return -1;
	if (version >> 4 == 4)
		transport = read_v4(skb, p, egress);
	else if (version >> 4 == 6)
		transport = read_v6(skb, p, egress);
	else
		return -1;
	return transport > 0 ? read_transport(skb, p, egress) : transport;
}

/* Is it a packet of this protocol, as far as the first header tells? Only a hint: another header may come between. */
static __always_inline bool seems(struct __sk_buff *skb, __u8 protocol)
{
	/* Volatile: without CAP_PERFMON the verifier refuses an offset that depends on the version. */
	const volatile __u8 *data = (void *)(long)skb->data;
	__u8 v4, v6;

	if ((void *)(long)skb->data + sizeof(struct iphdr) > (void *)(long)skb->data_end)
		return false;
	v4 = data[offsetof(struct iphdr, protocol)];
	v6 = data[offsetof(struct ipv6hdr, nexthdr)];
	return (data[0] >> 4 == 4 ? v4 : v6) == protocol;
}

/*
 * The usual packet, read in place at a third of the cost: linear, no options, no extension headers, no fragment,
 * and of the given protocol, TCP or UDP. Returns the offset of the transport header, which can be read at `*transport`;
 * 0 for all other packets.
 */
static __always_inline __u32 plain_transport(struct __sk_buff *skb, __u8 protocol, void **transport)
{
	__u32 offset, length = protocol == IPPROTO_TCP ? sizeof(struct tcphdr) : sizeof(struct udphdr);
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct ipv6hdr *v6 = data;
	struct iphdr *v4 = data;

	if (data + sizeof(*v4) > end)
		return 0;
	if (v4->version == 4) {
		if (v4->ihl != 5 || v4->protocol != protocol ||
		    v4->frag_off & bpf_htons(IP_FRAGMENT_OFFSET | IP_MORE_FRAGMENTS))
			return 0;
		offset = sizeof(*v4);
		*transport = data + sizeof(*v4);
		ADD_A_CONSTANT(*transport);
	} else {
		if (data + sizeof(*v6) > end || v6->version != 6 || v6->nexthdr != protocol)
			return 0;
		offset = sizeof(*v6);
		*transport = data + sizeof(*v6);
		ADD_A_CONSTANT(*transport);
	}
	return *transport + length <= end ? offset : 0;
}

/*
 * Fills a zeroed packet from a plain packet of the given protocol, TCP or UDP; returns false, and changes nothing, for
 * any other packet. Without the local address, unless it is TCP or services are resolved.
 */
static __always_inline bool read_plain(struct __sk_buff *skb, struct packet *p, __u8 protocol, bool egress)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	void *transport;
	__u32 offset = plain_transport(skb, protocol, &transport);
	struct tcphdr *tcp;
	struct udphdr *udp;
	struct ipv6hdr *v6 = data;
	struct iphdr *v4 = data;

	if (!offset)
		return false;
	tcp = transport;
	udp = transport;
	if (offset == sizeof(*v4)) {
		map_v4(p->remote, egress ? v4->daddr : v4->saddr);
		if (protocol == IPPROTO_TCP || config.has_services)
			map_v4(p->local, egress ? v4->saddr : v4->daddr);
	} else {
		ADD_A_CONSTANT(v6);
		if ((void *)(v6 + 1) > end)
			return false;
		__builtin_memcpy(p->remote, egress ? &v6->daddr : &v6->saddr, 16);
		if (protocol == IPPROTO_TCP || config.has_services)
			__builtin_memcpy(p->local, egress ? &v6->saddr : &v6->daddr, 16);
		p->is_v6 = true;
	}
	/* Both protocols begin with the ports. */
	p->local_port = bpf_ntohs(egress ? udp->source : udp->dest);
	p->remote_port = bpf_ntohs(egress ? udp->dest : udp->source);
	p->protocol = protocol;
	p->l3_length = offset;
	p->l4_length = protocol == IPPROTO_TCP ? tcp->doff * 4 : sizeof(*udp);
	return true;
}

#endif
