/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/*
 * Returns after every BPF program that runs now has ended: the command waits for an RCU grace period, and programs
 * run inside RCU read sections. syscall() is variadic, which Swift cannot call. Returns 0, or -1 where the kernel
 * does not offer it (nohz_full).
 */
static inline int netledger_wait_for_programs(void)
{
	return (int)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* Loads a number that the kernel's programs may change at any moment: once, and whole. */
static inline unsigned long long netledger_load(const unsigned long long *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

/* Swift's Glibc module leaves statfs() out. */
static inline bool netledger_is_bpf_file_system(const char *path)
{
	struct statfs info;

	return !statfs(path, &info) && info.f_type == BPF_FS_MAGIC;
}
