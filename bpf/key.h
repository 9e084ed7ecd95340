/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The key of a packet's flow, and the flow that has it. */
#ifndef NETLEDGER_KEY_H
#define NETLEDGER_KEY_H

#include "packet.h"
#include "slots.h"

static __always_inline struct flow_key key_of(struct __sk_buff *skb, const struct packet *p,
					      __u64 initiator, bool via_loopback)
{
	struct flow_key key = { .cgroup_id = bpf_skb_cgroup_id(skb) };

	__builtin_memcpy(key.remote, p->remote, sizeof(key.remote));
	key.protocol = p->protocol;
	key.traits = initiator | (via_loopback ? FLOW_VIA_LOOPBACK : 0);
	if (initiator == FLOW_INITIATOR_POD)
		key.service_port = p->remote_port;
	else if (initiator == FLOW_INITIATOR_REMOTE || p->local_port < p->remote_port)
		key.service_port = p->local_port;
	else
		key.service_port = p->remote_port;
	return key;
}

static __always_inline bool same_remote(const struct flow_slot *slot, const __u8 *remote)
{
	const __u64 *a = (const void *)slot->key.remote;
	__u64 b[2];

	__builtin_memcpy(b, remote, sizeof(b));
	return a[0] == b[0] && a[1] == b[1];
}

/* Is the slot that of the flow with this key? */
static __always_inline bool has_key(const struct flow_slot *slot, const struct flow_key *key)
{
	return slot->key.cgroup_id == key->cgroup_id && slot->key.service_port == key->service_port &&
	       slot->key.protocol == key->protocol && slot->key.traits == key->traits &&
	       same_remote(slot, key->remote);
}

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
	struct flow_key key = key_of(skb, p, initiator, via_loopback);
	flow_ref ref;

	if (is_service(p, initiator, via_loopback)) {
		ref = service_flow(key, p);
		if (ref)
			return ref;
	}
	return find_flow(&key, NULL);
}

/* The slot that a socket remembers, unless the flow was retired or went over another interface. */
static __always_inline struct flow_slot *remembered(struct socket_state *state, bool via_loopback)
{
	struct flow_slot *slot = resolve(*(volatile flow_ref *)&state->ref);

	if (!slot || !(slot->key.traits & FLOW_VIA_LOOPBACK) == via_loopback)
		return NULL;
	return slot;
}

#endif
