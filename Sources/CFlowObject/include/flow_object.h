/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled bpf/flow.bpf.c, an ELF object, as part of the program. */
#pragma once

const unsigned char *flow_object(void);
unsigned long flow_object_size(void);
