#!/bin/bash
# smoke.sh PROGRAM [SECONDS] - a fuzzer for a moment: its corpus, then new inputs.
set -euo pipefail
program=$(readlink -f "$1")
corpus=$(dirname "$(readlink -f "$0")")/corpus/$(basename "$program" | sed 's/^fuzz_//')
work=$(mktemp -d /tmp/limpet-fuzz.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir found
folders=(found)
[ -d "$corpus" ] && folders+=("$corpus")
# libFuzzer's own status for a finding is 77, which to our tests is a skip.
# leak: what an input costs; malloc and rss: a limit that a length in the input must not lift.
"$program" -error_exitcode=1 -max_total_time="${2:-4}" -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=256 \
    -print_final_stats=1 -close_fd_mask=2 "${folders[@]}"
