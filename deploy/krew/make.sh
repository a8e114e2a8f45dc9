#!/bin/bash
# make.sh - the archive of the kubectl plugin, and the manifest that krew installs it by.
#
#   deploy/krew/make.sh CLIENT VERSION URI OUT
#
# URI is the folder from which the archive can be fetched; OUT gets limpet_vVERSION_linux_ARCH.tar.gz
# and limpet.yaml. To try it: kubectl krew install --manifest=OUT/limpet.yaml --archive=OUT/*.tar.gz
set -euo pipefail
[ $# -eq 4 ] || { echo "usage: make.sh CLIENT VERSION URI OUT" >&2; exit 2; }
client=$1 version=v$2 uri=${3%/} out=$4
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
case $(od -An -t u2 -j 18 -N 2 "$client" | tr -d ' ') in  # e_machine of elf(5)
    62) arch=amd64 ;;
    183) arch=arm64 ;;
    *) echo "make.sh: $client is for no known architecture" >&2; exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
cp "$client" "$work/kubectl-limpet"
cp "$here/LICENSE" "$work/LICENSE"
chmod 755 "$work/kubectl-limpet"
archive=limpet_${version}_linux_$arch.tar.gz
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" \
    -c kubectl-limpet LICENSE | gzip -n9 >"$out/$archive"
sum=$(sha256sum "$out/$archive")
cat >"$out/limpet.yaml" <<END
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: limpet
spec:
  version: $version
  homepage: $uri
  shortDescription: Debug containers that have no shell
  description: |
    A shell and its commands beside a container that has none: files, processes
    and sockets of the target are seen from an ephemeral container, which is used
    again and works in namespaces that enforce the restricted profile.
  caveats: |
    Needs kubectl 1.25 or later and the rights to patch pods/ephemeralcontainers
    and to create pods/exec. For completion, link kubectl_complete-limpet to it.
  platforms:
  - selector:
      matchLabels:
        os: linux
        arch: $arch
    uri: $uri/$archive
    sha256: ${sum%% *}
    files:
    - from: kubectl-limpet
      to: .
    - from: LICENSE
      to: .
    bin: kubectl-limpet
END
