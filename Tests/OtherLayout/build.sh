#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the meter with another layout of its maps: `build.sh FOLDER MAKE SWIFT [FLAGS...]`, in the repository's folder.
# What it builds is FOLDER/.build/debug/MeterProcess.
set -eu -o pipefail

folder=$1
make=$2
shift 2
root=$(pwd)
mkdir -p "$folder/bpf" "$folder/Sources/CFlowObject"

# Changed files alone, so that what is built stays.
update() {
	cmp -s "$1" "$2" || cp "$1" "$2"
}
for file in bpf/*.c bpf/*.h bpf/module.modulemap; do
	[ "$file" = bpf/flow.h ] || update "$file" "$folder/$file"
done
awk -f Tests/OtherLayout/reorder.awk bpf/flow.h >"$folder/flow.h.new"
update "$folder/flow.h.new" "$folder/bpf/flow.h"
update Makefile "$folder/Makefile"
update Tests/OtherLayout/Package.swift "$folder/Package.swift"
for target in Capture CLibBPF Traffic; do ln -sfn "$root/Sources/$target" "$folder/Sources/$target"; done
ln -sfn "$root/Tests/MeterProcess" "$folder/Sources/MeterProcess"
ln -sfn "$root/Sources/CFlowObject/include" "$folder/Sources/CFlowObject/include"
update Sources/CFlowObject/object.c "$folder/Sources/CFlowObject/object.c"

cd "$folder"
touch bpf/objects.sum
"$make" --no-print-directory bpf
# The compiler does not know that this file embeds the others.
cksum bpf/*.bpf.o | cmp -s - bpf/objects.sum || touch Sources/CFlowObject/object.c
cksum bpf/*.bpf.o >bpf/objects.sum
"$@" build --build-path .build
