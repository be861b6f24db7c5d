#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# new_engine.sh <build directory> <C++ compiler>: what an author has after installing: a starter project
# that builds without the server's sources and passes the check.
set -euo pipefail

build=$1
compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The parts that an author needs; a build of some targets only may lack others.
for part in plugin-api tools/plugin-check; do
  cmake --install "$build/$part" --prefix "$work/prefix" >/dev/null
done
checker=$work/prefix/bin/waxwing-plugin-check

cd "$work"
"$checker" new engine my-engine
if "$checker" new engine my-engine 2>/dev/null; then
  echo "an existing project was written over" >&2
  exit 1
fi
if "$checker" new engine My_Engine 2>/dev/null; then
  echo "a bad name was accepted" >&2
  exit 1
fi
cmake -S my-engine -B my-engine/build -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" >/dev/null
cmake --build my-engine/build
ctest --test-dir my-engine/build --output-on-failure --no-tests=error -R '^plugin-check\.my-engine$'
"$checker" --strict --json --junit junit.xml my-engine/build/my-engine.so >findings.json
grep -q '"failed":0' findings.json
grep -q '<testcase classname="calls" name="every-operation"' junit.xml
