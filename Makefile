# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets. `make run` and `make test` need Debian 12 (or newer), Swift 6.3 and root.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

CLANG ?= clang
SWIFT ?= swift
IMAGE_BUILD ?= buildah build
VERSION := 0.1.0
# An import that Package.swift does not declare is an error: this is what holds the layers apart.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
BPF_FLAGS = -O2 -g -Wall -Wextra -Werror -target bpf -mcpu=v3 \
	-isystem /usr/include/$(shell $(CLANG) -print-target-triple | sed -E 's/-(unknown|pc)-/-/')

BUILD_PACKAGES := libbpf-dev libelf-dev libsqlite3-dev zlib1g-dev pkg-config ca-certificates
TEST_PACKAGES := $(BUILD_PACKAGES) bpftool bubblewrap buildah conntrack curl ethtool faketime iproute2 iptables \
	ipvsadm nftables openssl procps prometheus python3-venv sqlite3 systemd
KERNEL_PACKAGES := $(TEST_PACKAGES) busybox-static qemu-system-x86 xz-utils

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: root build-packages ## Meter this host: build, start classifier and agent, show the top talkers
	@grep -q ' - cgroup2 ' /proc/self/mountinfo || { echo >&2 "make run: no cgroup v2 is mounted." \
		"Boot with systemd.unified_cgroup_hierarchy=1, or: mount -t cgroup2 none /sys/fs/cgroup/unified"; exit 1; }
	@echo "[2/4] Compiling the kernel program"
	@$(MAKE) --no-print-directory bpf
	@echo "[3/4] Building release binaries (the first time takes some minutes)"
	@$(SWIFT) build -c release $(SWIFT_FLAGS) || { echo >&2 "make run: the build failed;" \
		"the first error above says why. It needs Swift 6.3: swift --version"; exit 1; }
	@echo "[4/4] Starting"
	@exec "$$($(SWIFT) build -c release --show-bin-path)/netledger" run $(RUN_FLAGS)

.PHONY: test
test: root test-packages deploy-tools api-tools bpf other-layout lint ## Build and run all tests, those with real traffic included
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	$(SWIFT) test --skip-build --no-parallel

.PHONY: test-api
test-api: test-packages api-tools bpf ## Ask the classifier what its OpenAPI document allows, and what not (API_SECONDS=120)
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	NETLEDGER_API_SECONDS=$(or $(API_SECONDS),120) $(if $(SEED),NETLEDGER_TEST_SEED=$(SEED)) \
		$(SWIFT) test --skip-build --filter ClassifierTests.SchemathesisTests

.PHONY: test-faults
test-faults: root test-packages bpf ## Kill, cut, fill and damage for minutes (FAULT_SECONDS=300, SEED= repeats one)
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	NETLEDGER_FAULT_SECONDS=$(or $(FAULT_SECONDS),180) $(if $(SEED),NETLEDGER_TEST_SEED=$(SEED)) \
		$(SWIFT) test --skip-build --no-parallel --filter EndToEndTests.FaultTests

.PHONY: soak
soak: ## The same for two hours
	@$(MAKE) --no-print-directory test-faults FAULT_SECONDS=$(or $(FAULT_SECONDS),7200)

FUZZ_TARGETS ?= wire spool settings prices query feed bill

.PHONY: fuzz
fuzz: build-packages bpf ## Look for bytes that break a reader (FUZZ_SECONDS=60 for each, FUZZ_TARGETS="wire spool")
	$(SWIFT) build -c release --sanitize fuzzer --package-path Tests/Fuzz --product Fuzz
	@for target in $(FUZZ_TARGETS); do $(MAKE) --no-print-directory fuzz-$$target; done

# One target. What the fuzzer says is kept; of that, the last line is shown, and the end if something broke.
fuzz-%: export SWIFT_BACKTRACE := enable=no
fuzz-%: export NETLEDGER_FUZZ_TARGET = $*
fuzz-%:
	@echo "fuzz: $*"; mkdir -p .build/fuzz/$*
	@Tests/Fuzz/.build/release/Fuzz -max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=4096 -timeout=10 \
		-rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix=.build/fuzz/broken-$*- \
		.build/fuzz/$* Tests/Fuzz/corpus/$* 2> .build/fuzz/$*.log || { tail -40 .build/fuzz/$*.log >&2; exit 1; }
	@grep -E 'cov: ' .build/fuzz/$*.log | tail -1

.PHONY: test-kernels
test-kernels: root kernel-packages bpf ## Run the meter's tests on Debian's kernels (KERNELS="6.1 6.12" for some)
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	Tests/KernelMatrix/run.sh "$$($(SWIFT) build --show-bin-path)" .build/kernels $(KERNELS)

.PHONY: images
images: ## Build the container images (IMAGE_BUILD="docker build" for another builder)
	$(IMAGE_BUILD) -f deploy/images/agent.Containerfile -t netledger-agent:$(VERSION) .
	$(IMAGE_BUILD) -f deploy/images/classifier.Containerfile -t netledger-classifier:$(VERSION) .

.PHONY: bench
bench: root test-packages bpf ## Measure, and print the figures (BENCH_FLAGS="--quick" for a glance)
	$(SWIFT) build -c release $(SWIFT_FLAGS)
	$(SWIFT) run -c release --package-path Tests/Benchmarks Benchmarks $(BENCH_FLAGS) \
		"$$($(SWIFT) build -c release --show-bin-path)"

.PHONY: bench-ingest
bench-ingest: test-packages ## Measure the way of batches into the ledger (BENCH_FLAGS="--quick" for a glance)
	$(SWIFT) build -c release $(SWIFT_FLAGS) --product netledger-classifier
	$(SWIFT) run -c release --package-path Tests/Benchmarks Benchmarks --only ingest,fleet,overload $(BENCH_FLAGS) \
		"$$($(SWIFT) build -c release --show-bin-path)"

.PHONY: bench-classify
bench-classify: test-packages ## Measure classification alone, in some minutes (BENCH_FLAGS="--quick" for a glance)
	$(SWIFT) run -c release --package-path Tests/Benchmarks ClassifyBenchmark $(BENCH_FLAGS)

SAMPLE ?= .build/sample.db
HISTORY = $(SWIFT) run -c release --package-path Tests/Benchmarks HistoryBenchmark

.PHONY: ledger-sample
ledger-sample: build-packages bpf ## Write a ledger of 13 months with 20,000 active series (SAMPLE=FILE)
	$(HISTORY) sample $(BENCH_FLAGS) $(SAMPLE)

.PHONY: bench-query
bench-query: build-packages bpf ## Measure what questions about that ledger cost
	@[ -e $(SAMPLE) ] || $(MAKE) --no-print-directory ledger-sample
	$(HISTORY) query $(SAMPLE)

.PHONY: bench-kernel
bench-kernel: root test-packages bpf ## Measure the kernel meter (BENCH_FLAGS="--quick" for a glance)
	$(SWIFT) run -c release --package-path Tests/Benchmarks KernelBenchmark $(BENCH_FLAGS)

.PHONY: bench-cluster
bench-cluster: test-packages ## Measure the Kubernetes client (BENCH_FLAGS="--pods 10000" for a glance)
	$(SWIFT) run -c release --package-path Tests/Benchmarks ClusterBenchmark $(BENCH_FLAGS)

.PHONY: bpf
bpf: bpf/flow.bpf.o bpf/flow-types.bpf.o ## Compile the kernel program, without and with the kernel's own types

bpf/flow-types.bpf.o: BPF_FLAGS += -DKERNEL_TYPES
bpf/%.bpf.o: $(wildcard bpf/*.c bpf/*.h)
	$(CLANG) $(BPF_FLAGS) -c bpf/flow.bpf.c -o $@

# The meter with another layout of the maps, for the test of an upgrade.
.PHONY: other-layout
other-layout: bpf
	@Tests/OtherLayout/build.sh .build/other-layout $(MAKE) $(SWIFT)

# Helm's own engine and the schemas that Kubernetes publishes, for the tests of deploy/, and schemathesis, for the test
# of the OpenAPI document. What needs them is skipped without.
.PHONY: deploy-tools api-tools
deploy-tools: .build/deploy-tools/installed
api-tools: .build/api-tools/installed
.build/deploy-tools/installed: Tests/DeployTests/requirements.txt
.build/api-tools/installed: Tests/APITools/requirements.txt
.build/%-tools/installed:
	@python3 -m venv $(@D) && $(@D)/bin/pip -q install -r $< && touch $@ || \
		echo >&2 "make: what is in $< could not be installed; the tests that need it are skipped"

.PHONY: alerts
alerts: OPERATOR := deploy/kubernetes/components/prometheus-operator/alerts.yaml
alerts: ## Put the alert rules into the component for the Prometheus operator
	@{ sed '/^spec:/q' $(OPERATOR); sed -n '/^groups:/,$$s/^/  /p' deploy/prometheus/netledger-alerts.yaml; } > $(OPERATOR).new
	@mv $(OPERATOR).new $(OPERATOR)

.PHONY: lint
lint: ## Check the formatting
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

.PHONY: format
format: ## Format the Swift sources
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

.PHONY: root
root:
	@[ "$$(id -u)" = 0 ] || { echo >&2 "make: this needs root, to load BPF programs and install packages." \
		"Run: sudo env PATH=\"\$$PATH\" make $(MAKECMDGOALS)"; exit 1; }
	@command -v $(SWIFT) >/dev/null || { echo >&2 "make: swift is not in PATH." \
		"Install Swift 6.3 from swift.org, or name it: make SWIFT=/path/to/swift $(MAKECMDGOALS)"; exit 1; }

# Installs what is missing, and nothing else. A daemon that comes with a package is not left running.
define install
	@echo "[1/4] Looking for Debian packages"
	@missing=""; for package in $(1); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing+=" $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "Installing:$$missing"; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ apt-get -q update && apt-get -q install -y --no-install-recommends $$missing; } || { \
			echo >&2 "make: apt-get could not install:$$missing. Install them by hand and try again."; exit 1; }; \
		if [[ "$$missing" == *prometheus* && -d /run/systemd/system ]]; then \
			systemctl disable --now --quiet prometheus; \
		fi; \
	fi
endef

.PHONY: build-packages test-packages kernel-packages
build-packages:
	$(call install,$(BUILD_PACKAGES))
test-packages:
	$(call install,$(TEST_PACKAGES))
kernel-packages:
	$(call install,$(KERNEL_PACKAGES))
