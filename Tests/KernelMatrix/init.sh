#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# The guest's first program: makes the host's files the guest's own, with every change kept in memory, and goes on with
# guest.sh there.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc

fail() {
	echo "init.sh: $*"
	poweroff -f
}

for module in virtio_pci 9pnet_virtio 9p overlay; do
	# What is built in is no module; if it is missing, a mount below says so.
	modprobe -q "$module" || echo "init.sh: no module $module"
done
options=trans=virtio,version=9p2000.L,msize=512000
mkdir -p /host /changes /new
mount -t 9p -o "ro,cache=loose,$options" host /host || fail "the host's files cannot be mounted"
mount -t tmpfs -o mode=755 changes /changes
mkdir /changes/upper /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work root /new || fail "no overlay"
mount -t tmpfs run /new/run
mkdir /new/run/job
mount -t 9p -o "rw,$options" job /new/run/job || fail "the job cannot be mounted"
umount /proc
exec switch_root /new /bin/sh /run/job/guest.sh
