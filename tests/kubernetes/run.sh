#!/bin/bash
# run.sh - debugging in the cluster that $KUBECONFIG points at, end to end (Kubernetes 1.25 or later).
#
#   KUBECONFIG=... [LIMPET_IMAGE_LOAD=COMMAND] tests/kubernetes/run.sh [CASE]
#
# LIMPET_IMAGE_LOAD loads an image archive on the node: the file's name is appended, or put where
# {} stands; "ctr -n k8s.io images import" does it for containerd. LIMPET_IMAGE_REMOVE is the like for
# an image's name: "ctr -n k8s.io images rm". LIMPET_NODE names the node, else it is the first. Pods
# are put on it by nodeName and have no service account, so that a kubelet and an API server are
# enough. Two namespaces are made and deleted; a node's images stay where nothing removes them.
#
# Not a part of tests/run.sh: no Debian package is a cluster. Exit status 0: nothing failed.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
build=${LIMPET_BUILD:-$PWD/build}
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

if [ ! -x "$build/bin/limpet" ] || [ ! -x "$build/bin/limpet-agent" ]; then
    echo "building"
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null &&
        cmake --build "$build" --target limpet --target limpet-agent >/dev/null || exit 1
fi
kubectl=${KUBECTL:-kubectl}
command -v "$kubectl" >/dev/null || { echo "run.sh: there is no $kubectl; KUBECTL names one"; exit 1; }
"$kubectl" get nodes -o name >/dev/null || { echo "run.sh: the cluster does not answer"; exit 1; }

out=$(mktemp)
trap 'rm -f "$out"' EXIT
python3 tests/kubernetes/src/cluster.py "$build/bin/limpet-agent" "$build/bin/limpet" "${1:-}" |
    tee "$out"
status=${PIPESTATUS[0]}
passed=$(grep -c '^ok ' "$out")
failed=$(grep -c '^FAIL ' "$out")
skipped=$(grep -c '^skip ' "$out")
if [ "$failed" -eq 0 ] && [ "$status" -ne 0 ]; then failed=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
