/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Where a socket remembers its flow: a place of its own while a TCP connection is established, else socket storage. */
#ifndef NETLEDGER_MEMORY_H
#define NETLEDGER_MEMORY_H

#include "maps.h"

static __always_inline struct place *place_at(__u64 cookie)
{
	__u32 number = cookie % PLACES;

	return bpf_map_lookup_elem(&places, &number);
}

/* What the socket remembers, or NULL. `context` is the program's. */
static __always_inline struct socket_state *known_state(void *context, struct bpf_sock *sk)
{
	__u64 cookie = bpf_get_socket_cookie(context);
	struct place *place = place_at(cookie);

	if (place && place->cookie == cookie)
		return &place->state;
	return bpf_sk_storage_get(&sockets, sk, 0, 0);
}

/* The same, made if there is nothing. Of two processors that make it, one is told that it exists. */
static __always_inline struct socket_state *state_of(void *context, struct bpf_sock *sk)
{
	struct socket_state *state = known_state(context, sk);

	state = state ?: bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	return state ?: bpf_sk_storage_get(&sockets, sk, 0, 0);
}

/* Takes the place of a connection that is established just now. Returns false if another socket has it. */
static __always_inline bool take_place(__u64 cookie, __u64 initiator)
{
	struct place *place = place_at(cookie);
	bool taken;

	if (!place)
		return false;
	bpf_spin_lock(&place->lock);
	taken = !place->cookie || place->cookie == cookie;
	if (taken) {
		place->state = (struct socket_state){ .initiator = initiator };
		place->cookie = cookie;
	}
	bpf_spin_unlock(&place->lock);
	return taken;
}

static __always_inline void give_place_back(__u64 cookie)
{
	struct place *place = place_at(cookie);

	if (!place || place->cookie != cookie)
		return;
	bpf_spin_lock(&place->lock);
	place->state = (struct socket_state){};
	place->cookie = 0;
	bpf_spin_unlock(&place->lock);
}

#endif
