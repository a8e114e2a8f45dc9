#!/bin/bash
# tidy.sh BUILD [FILE...] - clang-tidy over the programs; BUILD was configured with clang.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/lint/sources.sh
build=$1
shift
files=("$@")
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(sources 'agent/*.cpp' 'attach/*.cpp')
status=0
printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 --quiet --warnings-as-errors='*' -p "$build" \
        >"$build/tidy.log" 2>&1 || status=$?
# grep's own status says only whether it had anything to print.
grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter' "$build/tidy.log" || :
exit "$status"
