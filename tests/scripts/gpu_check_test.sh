#!/usr/bin/env bash
# scripts/gpu_check on the emulated programs, with stand-ins for NVIDIA's tools that run what they
# are given and say what the tools would say.
#   gpu_check_test.sh GPU_CHECK FOLDER_OF_EMULATED_PROGRAMS FOLDER_WITHOUT_GPU
set -euo pipefail
gpu_check=$1 emulated=$2 without_gpu=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/tools"
export PATH=$folder/tools:$PATH PYTHONDONTWRITEBYTECODE=1

cat > "$folder/tools/compute-sanitizer" <<'TOOL'
#!/bin/sh
[ "$1" != --version ] || exit 0
tool=$2
shift 2
while :; do case $1 in --*) shift 2 ;; *) break ;; esac; done
# The tools are given the same commands, but for racecheck's tests: two of them run theirs.
case ${FINDS:-}$tool in memcheck | racecheck) "$@" || exit ;; esac
if [ "$tool" = "${FINDS:-}" ]; then echo "========= ERROR SUMMARY: 1 error"; exit 99; fi
echo "========= ERROR SUMMARY: 0 errors"
TOOL
cat > "$folder/tools/ncu" <<'TOOL'
#!/bin/sh
[ "$1" != --version ] || exit 0
while :; do case $1 in --csv | --nvtx) shift ;; --*) shift 2 ;; *) break ;; esac; done
"$@" > /dev/null || exit
echo '==PROF== Connected to process 1'
echo '"ID","Kernel Name","Metric Name","Metric Unit","Metric Value"'
echo '"0","widen","gpu__time_duration.sum","ns","80,000"'
echo '"0","widen","dram__bytes_read.sum","byte","47,000,000"'
TOOL
printf '#!/bin/sh\necho "no module named torch"; exit 1\n' > "$folder/tools/python-without-torch"
chmod +x "$folder"/tools/*

fail() {
  printf 'FAILED: %s\n' "$1"
  cat "$folder/report.md"
  exit 1
}
check() {
  "$gpu_check" --quick --python "$folder/tools/python-without-torch" --output "$folder/report.md" \
    "$@" > /dev/null 2> "$folder/errors"
}
says() { grep -qF "$1" "$folder/report.md" || fail "the report does not say: $1"; }

check --build "$emulated" || fail "the parts do not pass"
for part in info tests sanitizer verify bits bench profile; do says "| $part | passed |"; done
says '| torch | not run: '
says ' | 0.125 | 80 µs | 10 µs | 100.0 % | 5.875 |'

! FINDS=racecheck check --build "$emulated" --only sanitizer,info ||
  fail "what a sanitizer finds is no failure"
says '| sanitizer | failed: racecheck, resident: found something; racecheck, composed: found '
says '| info | passed |'

check --build "$without_gpu" || fail "a machine without a GPU is a failure"
says '| tests | not run: '
! check --build "$without_gpu" --require-gpu || fail "--require-gpu is content without a GPU"

# A test that is renamed would leave racecheck with less to do.
patterns=$(cd "$(dirname "$gpu_check")" && python3 -c 'from gpu.checks import *; print(RACECHECKED_TESTS)')
for pattern in ${patterns//:/ }; do
  "$emulated/kilat_emulated_tests" --gtest_list_tests --gtest_filter="$pattern" | grep -q '^  ' ||
    fail "no test is named $pattern"
done
