/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled bpf/flow.bpf.c, an ELF object, as part of the program: with and without the kernel's own types. */
#pragma once

#include <stdbool.h>

struct flow_object {
	const unsigned char *bytes;
	unsigned long size;
};

struct flow_object flow_object(bool kernel_types);
