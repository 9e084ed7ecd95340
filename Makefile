# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

CLANG ?= clang
SWIFT ?= swift
SWIFT_FLAGS := --explicit-target-dependency-import-check error
MULTIARCH := $(shell $(CLANG) -print-target-triple 2>/dev/null | sed 's/-unknown//')
BPF_CFLAGS := -O2 -g -Wall -Wextra -Werror -target bpf -mcpu=v3 -isystem /usr/include/$(MULTIARCH)

BUILD_PACKAGES := libbpf-dev libelf-dev libsqlite3-dev zlib1g-dev pkg-config
TEST_PACKAGES := $(BUILD_PACKAGES) ethtool iproute2 nftables prometheus bpftool curl procps

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: bpf
bpf: bpf/flow.bpf.o ## Compile the kernel program

bpf/flow.bpf.o: bpf/flow.bpf.c bpf/flow.h bpf/maps.h bpf/packet.h
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@
