# shellcheck shell=bash
# sources.sh - sourced: the C and C++ files of the tree, new ones included.
sources() {  # GIT PATHSPEC...
    git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
        [ -f "$file" ] && echo "$file"
    done
}
