#!/usr/bin/env bash
# Reads ptxas's report on each kernel: none may spill registers or use local memory.
#   spill_test.sh NVCC SOURCE RANDOM123_INCLUDE ARCHITECTURE...     (such as 75 90)
set -euo pipefail
nvcc=$1 source=$2 random123=$3
shift 3
codes=()
for architecture in "$@"; do
  number=${architecture%%-*}
  codes+=(-gencode "arch=compute_$number,code=sm_$number")
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

kernels=0 bad=0
for file in "$source"/kernels/*.cu "$source"/kernels/*/*.cu; do
  report=$folder/report
  "$nvcc" -std=c++20 -O3 -DNDEBUG -Xptxas -v "${codes[@]}" -I"$source" -I"$source/src" \
    -I"$source/include" -I"$source/kernels/device" -I"$random123" -c "$file" -o "$folder/object" > "$report" 2>&1 ||
    { cat "$report"; exit 1; }
  count=$(grep -c 'bytes stack frame' "$report") || true
  kernels=$((kernels + count))
  none='^ *0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads'
  if spills=$(grep 'bytes stack frame' "$report" | grep -v "$none"); then
    printf '%s:\n%s\n' "$file" "$spills"
    bad=$((bad + 1))
  fi
done
printf '%d kernels for %s: %d files with spills or local memory\n' "$kernels" "$*" "$bad"
[ "$kernels" -gt 0 ] && [ "$bad" -eq 0 ]
