#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs built tests on Debian's kernels: `run.sh PRODUCTS FOLDER [SERIES...]`. README.md says what it needs and prints.
set -eu -o pipefail

# The oldest series that the README promises. Older ones are tried and shown, and decide nothing.
oldest=5.10
# Loading, attaching, every kind of packet, pins and restarts, and real traffic against the packet filter; with loss,
# reordering, SCTP and IPVS, which the host's kernel may not have.
suites="CaptureTests MeterTests EnvironmentTests FragmentTests LossTests ProtocolTests BehindIPVS"
tests=${MATRIX_TESTS:-$(printf -- '--filter %s ' $suites)}
# Seconds for one kernel.
limit=${MATRIX_LIMIT:-1800}

products=$(realpath "$1")
folder=$(realpath -m "$2")
shift 2
here=$(dirname "$(realpath "$0")")
mkdir -p "$folder"

# A processor that can run guests runs them as it is. Any other is emulated, and then the guest's clock counts
# instructions: however slow the host is, no timeout in the guest comes early.
if [ -n "${MATRIX_ACCEL:-}" ]; then
	accel=$MATRIX_ACCEL
elif [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
	accel="-accel kvm -smp 2"
else
	accel="-accel tcg -icount shift=1,sleep=off"
fi

# The number in attribute $2 of the result file $1, or 0.
number() {
	sed -nE "s/.*<testsuite [^>]*\b$2=\"([0-9]+)\".*/\1/p" "$1" 2>/dev/null | grep . || echo 0
}

boot() {
	local release=$1 job=$2
	rm -rf "$job"
	mkdir -p "$job"
	cp "$here/guest.sh" "$job"
	cat >"$job/job" <<-END
		PATH="$PATH:/usr/sbin:/sbin"
		MODULES="$folder/$release/lib/modules"
		PRODUCTS="$products"
		TESTS="$tests"
	END
	# shellcheck disable=SC2086
	timeout "$limit" qemu-system-x86_64 $accel -cpu max,arch-capabilities=off -m 2048 \
		-nodefaults -no-reboot -display none -monitor none -serial "file:$job/console.log" \
		-kernel "$folder/$release/vmlinuz" -initrd "$folder/$release/initramfs" \
		-append "console=ttyS0 panic=-1 quiet" \
		-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
		-virtfs "local,path=$job,mount_tag=job,security_model=none" >"$job/qemu.log" 2>&1
}

failed=0
table=$(printf '%-28s %-8s %6s %7s %8s %6s' kernel result tests failed skipped time)
releases=$("$here/fetch.sh" "$folder" "$@")
for release in $releases; do
	job=$folder/jobs/$release
	echo "== $release"
	started=$SECONDS
	boot "$release" "$job" || echo "qemu ended with status $?" >>"$job/qemu.log"
	run=$(number "$job/tests.xml" tests)
	wrong=$(number "$job/tests.xml" failures)
	skipped=$(number "$job/tests.xml" skipped)
	if [ "$(cat "$job/status" 2>/dev/null)" = 0 ] && [ "$((run - skipped))" -gt 0 ] && [ "$wrong" = 0 ]; then
		result=passed
	else
		result=failed
		cat "$job/qemu.log"
		tail -n 20 "$job/console.log" 2>/dev/null || true
		grep -E '^(kernel|module|no module) |✘|↳|guest.sh' "$job/tests.log" | head -n 200 || true
		if [ "$(printf '%s\n' "$oldest" "$release" | sort -V | head -n 1)" = "$oldest" ]; then failed=1; fi
	fi
	line=$(printf '%-28s %-8s %6d %7d %8d %5ds' "$release" "$result" "$run" "$wrong" "$skipped" $((SECONDS - started)))
	echo "$line"
	table+=$'\n'$line
done
echo
echo "$table"
echo "($accel; the oldest that must pass is $oldest)"
[ "$table" != "${table%$'\n'*}" ] || { echo >&2 "run.sh: no kernel was run"; exit 1; }
exit $failed
