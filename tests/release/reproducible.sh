#!/bin/bash
# reproducible.sh BUILD - the agent again, in a folder of another name: the same bytes.
#
# The compiler's cache serves both, so that what is seen is the order of things and the link; some of
# the objects are compiled without it, a different part of them each day.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
build=$(readlink -f "$1")
folder=$(mktemp -d /tmp/limpet-reproducible.XXXXXX)
trap 'rm -rf "$folder"' EXIT
again=$folder/some/other-name
mkdir -p "$again"
cp -r CMakeLists.txt agent attach include "$again"

options=(-DLIMPET_TESTS=OFF)
for name in CMAKE_BUILD_TYPE LIMPET_LTO LIMPET_TLS; do
    options+=("-D$name=$(sed -n "s/^$name:[A-Z]*=//p" "$build/CMakeCache.txt")")
done
cmake -S "$again" -B "$again/out" -G Ninja "${options[@]}" >"$folder/log"
cd "$again/out"
mapfile -t objects < <(ninja -t inputs limpet-agent | grep '\.o$' | LC_ALL=C sort)
ninja "${objects[@]}" >>"$folder/log" || {
    tail -n 30 "$folder/log"
    exit 1
}
first=$(($(date +%s) / 86400 % 24))
sample=()
for ((i = first; i < ${#objects[@]}; i += 24)); do sample+=("${objects[i]}"); done
[ ${#sample[@]} -gt 10 ] || { echo "only ${#objects[@]} objects"; exit 1; }
rm "${sample[@]}"
CCACHE_DISABLE=1 ninja limpet-agent >>"$folder/log"

# The compiler's own form for the link has a number of its own in each object, which leaves no trace.
plain() { objcopy -w -R '.gnu.lto_*' "$1" "$2"; }
bad=0
for object in "${sample[@]}"; do
    plain "$build/$object" "$folder/one"
    plain "$object" "$folder/other"
    cmp "$folder/one" "$folder/other" || { echo "$object"; bad=1; }
done
cmp "$build/bin/limpet-agent" bin/limpet-agent || bad=1
if strings bin/limpet-agent | grep -F -e "$folder" -e "$PWD"; then
    echo "it names the folder in which it was built"
    bad=1
fi
exit $bad
