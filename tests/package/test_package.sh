#!/bin/sh
# Installs a build into a fresh prefix, builds consumer.cpp against it and runs both from there.
#   test_package.sh BUILD_FOLDER SOURCE_FOLDER
set -eu
build=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset KILAT_DATA

cmake --install "$build" --prefix "$work/prefix" > /dev/null
cmake -S "$source/tests/package" -B "$work/consumer" -G Ninja \
      -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release > /dev/null
cmake --build "$work/consumer"
cd "$work"
"$work/consumer/consumer" "$work/model.safetensors"

# The installed program finds the installed data, not those of the source tree.
found=$("$work/prefix/bin/kilat" info --json | grep '"data"')
case $found in
  *"$work/prefix/share/kilat/mnist"*) ;;
  *) echo "the installed program takes its data from: $found" >&2; exit 1 ;;
esac
"$work/prefix/bin/kilat" eval "$work/model.safetensors"
