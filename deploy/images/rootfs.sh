#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rootfs.sh DIRECTORY PROGRAM...: makes the root file system of an image that holds these programs, the libraries they
# load, certificates, and nothing else: no shell, no package manager.
set -eu
root=$1
shift

mkdir -p "$root/usr/bin" "$root/etc/ssl/certs"
for program in "$@"; do
	install -m 0755 "$program" "$root/usr/bin/"
	# Names of functions stay, for the trace of a crash.
	strip --strip-debug "$root/usr/bin/${program##*/}"
	libraries=$(ldd "$program")
	case $libraries in *"not found"*)
		echo >&2 "$program lacks a library:" "$libraries"
		exit 1
		;;
	esac
	# Each at the path at which the loader of this system finds it, as a plain file.
	echo "$libraries" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp -L "$library" "$root$library"
	done
done
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'root:x:0:0:root:/:/sbin/nologin\nnetledger:x:65532:65532:netledger:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnetledger:x:65532:\n' >"$root/etc/group"
