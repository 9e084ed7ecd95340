/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libbpf hands its log to a callback as a va_list, which Swift cannot format. */
typedef void (*netledger_log_sink)(int level, const char *line);

static netledger_log_sink netledger_sink;

static inline int netledger_log(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[4096];

	vsnprintf(line, sizeof(line), format, arguments);
	if (netledger_sink)
		netledger_sink((int)level, line);
	return 0;
}

/* Sends every later line of libbpf's log to `sink`. */
static inline void netledger_set_log_sink(netledger_log_sink sink)
{
	netledger_sink = sink;
	libbpf_set_print(netledger_log);
}

/*
 * Returns after every BPF program that runs now has ended: the command waits for an RCU grace period, and programs
 * run inside RCU read sections. syscall() is variadic, which Swift cannot call. Returns 0, or -1 where the kernel
 * does not offer it (nohz_full).
 */
static inline int netledger_wait_for_programs(void)
{
	return (int)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}
