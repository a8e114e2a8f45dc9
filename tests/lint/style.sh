#!/bin/bash
# style.sh - the rules of the code that no compiler knows.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/lint/sources.sh
status=0
bad() {
    echo "$1"
    status=1
}

while read -r file; do
    name=$(basename "$file")
    case $file in
        tests/fuzz/corpus/*) continue ;;
    esac
    first=$(sed -n 1p "$file")
    [[ $first == "// $name - "* || $first == "// "*"/$name - "* ]] ||
        bad "$file:1: the first line says what the file is: // $name - ..."
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || bad "$file: $lines lines; 400 is one sitting"
    grep -Hn '#include *"\.\.*/' "$file" && bad "$file: include as layer/file.h"
    case $file in
        *.h) grep -q '^#pragma once' "$file" || bad "$file: no #pragma once" ;;
    esac
    case $file in
        # Asio and spdlog bring their own; what stands for exceptions has their names.
        agent/serve/* | agent/throwless.cpp) ;;
        agent/* | include/*)
            grep -HnE '#include <(iostream|fstream|sstream|regex|locale|format|exception)>' "$file" &&
                bad "$file: that header costs 600 KB or the rules of errors"
            grep -HnE '^[^/]*\b(getaddrinfo|getpwnam|getpwuid|getgrgid|getgrnam|iconv_open|setlocale)\(' \
                "$file" && bad "$file: in a static program that loads code from where it stands"
            ;;
    esac
done < <(sources '*.cpp' '*.h' '*.c')

while read -r script; do
    bash -n "$script" || bad "$script: no valid bash"
done < <(sources '*.sh' .ci/run)
while read -r script; do
    python3 - "$script" <<'END' || bad "$script: no valid Python"
import ast, sys
ast.parse(open(sys.argv[1]).read(), sys.argv[1])
END
done < <(sources '*.py')
exit $status
