/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_object.h"

#if !__has_embed("../../bpf/flow.bpf.o")
#error "bpf/flow.bpf.o is missing: run `make bpf` first (it needs clang and libbpf-dev)"
#endif

/* The toolchain's clang takes #embed in every language mode, and says that it is newer than this one. */
#pragma clang diagnostic ignored "-Wc23-extensions"

static _Alignas(8) const unsigned char object[] = {
#embed "../../bpf/flow.bpf.o"
};

const unsigned char *flow_object(void)
{
	return object;
}

unsigned long flow_object_size(void)
{
	return sizeof(object);
}
