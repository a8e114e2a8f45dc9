#!/bin/bash
# make.sh - the image for amd64 and arm64 in one archive, built on amd64.
#
#   deploy/image/make.sh [OUTPUT]     limpet.tar by default; options of build.py in $IMAGE_OPTIONS
#
# Two runs on the same sources give the same bytes: SOURCE_DATE_EPOCH is the last commit's time
# unless it is set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
output=$(realpath -m "${1:-limpet.tar}")
deploy/install.sh image

for arch in amd64 arm64; do
    preset=release
    [ $arch = amd64 ] || preset=$arch
    cmake --preset $preset -B "build-image-$arch" -DLIMPET_TESTS=OFF >/dev/null
    cmake --build "build-image-$arch" --target limpet-agent >/dev/null
done
# A program that does not even start is no image.
build-image-amd64/bin/limpet-agent --version
qemu-aarch64-static build-image-arm64/bin/limpet-agent --version

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
fi
export SOURCE_DATE_EPOCH
read -ra options <<<"${IMAGE_OPTIONS:-}"
deploy/image/build.py -o "$output" "${options[@]}" \
    build-image-amd64/bin/limpet-agent build-image-arm64/bin/limpet-agent
