/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces, and the kernel's messages about routes and connections: what Swift's Glibc module leaves out. */
#pragma once

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NETLEDGER_NEW_NETWORK 0x40000000 /* CLONE_NEWNET */

/* Puts the calling thread into a network namespace of its own. Returns 0, or -1 with errno. */
static inline int netledger_unshare_network(void)
{
	return (int)syscall(__NR_unshare, NETLEDGER_NEW_NETWORK);
}

/* Puts the calling thread into the network namespace behind `descriptor`. Returns 0, or -1 with errno. */
static inline int netledger_enter_network(int descriptor)
{
	return (int)syscall(__NR_setns, descriptor, NETLEDGER_NEW_NETWORK);
}
