/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_object.h"

#if !__has_embed("../../bpf/flow.bpf.o") || !__has_embed("../../bpf/flow-types.bpf.o")
#error "bpf/flow.bpf.o or bpf/flow-types.bpf.o is missing: run `make bpf` first (it needs clang and libbpf-dev)"
#endif

/* The toolchain's clang takes #embed in every language mode, and says that it is newer than this one. */
#pragma clang diagnostic ignored "-Wc23-extensions"

static _Alignas(8) const unsigned char plain[] = {
#embed "../../bpf/flow.bpf.o"
};

static _Alignas(8) const unsigned char with_kernel_types[] = {
#embed "../../bpf/flow-types.bpf.o"
};

struct flow_object flow_object(bool kernel_types)
{
	return kernel_types ? (struct flow_object){ with_kernel_types, sizeof(with_kernel_types) } :
			      (struct flow_object){ plain, sizeof(plain) };
}
