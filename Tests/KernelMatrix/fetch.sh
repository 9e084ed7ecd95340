#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Keeps the newest kernel of every series that Debian's archive offers in a folder: `fetch.sh FOLDER [SERIES...]`.
# Prints one release per line, oldest first. Each has FOLDER/RELEASE/{vmlinuz,initramfs,lib/modules/RELEASE}.
set -eu -o pipefail

folder=$(realpath -m "$1")
shift
here=$(dirname "$(realpath "$0")")
arch=amd64
# What the guest mounts its root with, and what the tests use.
wanted=(fs/9p fs/fscache fs/netfs fs/overlayfs net lib crypto arch/x86/crypto drivers/virtio drivers/net/veth.ko
	drivers/net/dummy.ko)

# apt with lists, sources and a state of its own: the host's stay as they are.
apt() {
	local command=$1
	shift
	"$command" -qq -o Dir::Etc::sourcelist="$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$folder/apt" -o Dir::State::lists="$folder/apt/lists" \
		-o Dir::State::status="$folder/apt/status" -o Dir::Cache="$folder/apt/cache" \
		-o Acquire::Languages=none -o APT::Architecture="$arch" -o APT::Sandbox::User=root "$@"
}

# Where the host takes packages with this label from.
site() {
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$1 //p" | sort -u | head -n 1
}

# The suites of the host's own mirror. A suite that it does not have (any more) is left out.
update() {
	local mirror security suite
	mirror=${DEBIAN_MIRROR:-$(site Debian)}
	security=${DEBIAN_SECURITY_MIRROR:-$(site Debian-Security)}
	[ -n "$mirror" ] || { echo "fetch.sh: apt has no source of Debian; name a mirror in DEBIAN_MIRROR" >&2; exit 1; }
	mkdir -p "$folder"/apt/{lists,cache/archives}/partial
	: >"$folder/apt/status"
	for suite in bullseye bookworm bookworm-backports trixie trixie-backports sid; do
		echo "deb $mirror $suite main"
	done >"$folder/apt/sources.list"
	for suite in bullseye-security bookworm-security trixie-security; do
		[ -z "$security" ] || echo "deb $security $suite main"
	done >>"$folder/apt/sources.list"
	# Without a network, what was fetched before is what there is.
	apt apt-get update >&2 || echo "fetch.sh: some of the archive cannot be read" >&2
}

# "SERIES RELEASE" of every kernel image in the archive, oldest first.
images() {
	apt apt-cache search --names-only "^linux-image-[0-9][^ ]*-$arch\$" |
		sed -nE "s/^linux-image-(([0-9]+\.[0-9]+)[^ ]*-$arch) .*/\2 \1/p" |
		grep -vE -- '-(cloud|rt|unsigned)-' | sort -V -k2
}

# Unpacks a release's packages and makes its initramfs.
unpack() {
	local release=$1 work=$folder/$1.new package
	rm -rf "$work"
	mkdir -p "$work/all" "$work/lib/modules/$release/kernel"
	# Newer images are split into three packages.
	for package in linux-image linux-binary linux-modules; do
		[ -n "$(apt apt-cache search --names-only "^${package}-${release//+/\\+}\$")" ] || continue
		(cd "$work" && apt apt-get download "$package-$release") >&2
	done
	for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/all"; done
	local from=$work/all/lib/modules/$release to=$work/lib/modules/$release module
	[ -d "$from" ] || from=$work/all/usr/lib/modules/$release
	# Newer packages keep the kernel beside its modules.
	mv "$work/all/boot/vmlinuz-$release" "$work/vmlinuz" 2>/dev/null || mv "$from/vmlinuz" "$work/vmlinuz"
	# Newer packages leave these lists to the tools of the host.
	cp "$from"/modules.builtin* "$from"/modules.order "$to" 2>/dev/null || true
	for module in "${wanted[@]}"; do
		# As one file, packed or not, or as a folder; not every kernel has every one.
		for path in "$from/kernel/$module"{,.xz}; do
			[ -e "$path" ] || continue
			mkdir -p "$to/kernel/$(dirname "$module")"
			cp -r "$path" "$to/kernel/$(dirname "$module")"
		done
	done
	find "$to" -name '*.xz' -exec xz -d {} +
	busybox depmod -b "$work" "$release"
	initramfs "$work" "$release"
	rm -rf "$work/all" "$work"/*.deb
	rm -rf "${folder:?}/$release"
	mv "$work" "$folder/$release"
}

# A shell, the modules that reach the host's files, and init.sh.
initramfs() {
	local work=$1 release=$2 root=$1/root name
	mkdir -p "$root"/{bin,lib/modules,proc,sys,dev,new,tmp}
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$here/init.sh" "$root/init"
	local modules="lib/modules/$release"
	mkdir -p "$root/$modules"
	cp "$work/$modules"/modules.* "$root/$modules"
	for name in fs drivers/virtio net/9p; do
		[ -d "$work/$modules/kernel/$name" ] || continue
		mkdir -p "$root/$modules/kernel/$(dirname "$name")"
		cp -r "$work/$modules/kernel/$name" "$root/$modules/kernel/$(dirname "$name")"
	done
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initramfs"
	rm -rf "$root"
}

update
series=("$@")
[ ${#series[@]} -gt 0 ] || readarray -t series < <(images | cut -d' ' -f1 | uniq)
# Old images stay in the archive for a while after their modules have left it: those cannot be installed any more.
complete() {
	[ -n "$(apt apt-cache show "linux-modules-$1" 2>/dev/null)" ] ||
		! apt apt-cache show "linux-image-$1" 2>/dev/null | grep -F "linux-modules-$1 " >/dev/null
}

for name in "${series[@]}"; do
	release=
	readarray -t candidates < <(images | awk -v series="$name" '$1 == series { print $2 }' | tac)
	[ ${#candidates[@]} -gt 0 ] || { echo "fetch.sh: the archive has no kernel $name" >&2; exit 1; }
	for candidate in "${candidates[@]}"; do
		if complete "$candidate"; then release=$candidate && break; fi
	done
	[ -n "$release" ] || { echo "fetch.sh: the archive no longer has the modules of $name; it is left out" >&2; continue; }
	[ -e "$folder/$release/initramfs" ] || unpack "$release"
	echo "$release"
done
