#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the tests in the guest, whose root is a copy of the host's; /run/job is a folder that both share:
#   job         what to run: PATH, MODULES (a folder), PRODUCTS (a folder), TESTS (arguments)
#   tests.log   what the tests wrote
#   tests.xml   their results
#   status      the exit status; not there if the guest did not come so far
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
. /run/job/job
export PATH CI=true HOME=/root LANG=C.UTF-8 NETLEDGER_TEST_PATIENCE=10

# The kernel loads modules by this name.
mkdir -p /lib/modules
mount --bind "$MODULES" /lib/modules
ln -sf "$(command -v busybox)" /sbin/modprobe
ip link set lo up

{
	echo "kernel $(uname -r)"
	for module in veth nf_tables bridge sch_netem sctp ip_vs; do
		modprobe -q "$module" && echo "module $module" || echo "no module $module"
	done
	# shellcheck disable=SC2086
	"$PRODUCTS/netledgerPackageTests.xctest" --testing-library swift-testing --no-parallel \
		--xunit-output /run/job/tests.xml $TESTS 2>&1
	echo $? >/run/job/status
} >/run/job/tests.log 2>&1
sync
busybox poweroff -f
