#!/bin/bash
# format.sh - every source is as clang-format leaves it; `format.sh --fix` makes it so.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/lint/sources.sh
mapfile -t files < <(sources '*.cpp' '*.h' '*.c')
if [ "${1:-}" = --fix ]; then
    clang-format-19 -i "${files[@]}"
else
    clang-format-19 --dry-run -Werror "${files[@]}"
fi
