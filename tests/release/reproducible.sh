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
cmake --build "$again/out" --target limpet-agent >>"$folder/log" || {
    tail -n 30 "$folder/log"
    exit 1
}

cd "$again/out"
bad=0
every=24 first=$(($(date +%s) / 86400 % 24))
mapfile -t sample < <(find CMakeFiles -name '*.o' -path '*agent*' | LC_ALL=C sort |
    awk -v first=$first -v every=$every 'NR % every == first')
[ ${#sample[@]} -gt 10 ] || { echo "only ${#sample[@]} objects"; exit 1; }
rm "${sample[@]}"
CCACHE_DISABLE=1 ninja "${sample[@]}" >>"$folder/log"
for object in "${sample[@]}"; do
    cmp "$build/$object" "$object" || bad=1
done
cmp "$build/bin/limpet-agent" bin/limpet-agent || bad=1
if strings bin/limpet-agent | grep -F -e "$folder" -e "$PWD"; then
    echo "it names the folder in which it was built"
    bad=1
fi
exit $bad
