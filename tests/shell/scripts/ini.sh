#!/bin/sh
# ini.sh - read settings from an INI file.
#
#   ini.sh FILE get SECTION KEY | sections | dump
set -f

die() { echo "ini: $1" >&2; exit "${2:-1}"; }

# Calls "$@" section key value for each setting; stops when that returns other than zero.
each() {
    section= line_number=0 key= value=
    while IFS= read -r line; do
        line_number=$((line_number + 1))
        case $line in
            '' | \;* | \#*) continue ;;
            \[*\]) section=${line#\[} section=${section%\]} ;;
            \[*) die "line $line_number: a section that does not end: $line" ;;
            [[:blank:]]*)
                # A line that goes on: its blanks are one.
                value="$value $(echo $line)"
                ;;
            *=*)
                [ -z "$key" ] || "$@" "$section_of_key" "$key" "$value" || return 1
                key=${line%%=*} value=${line#*=} section_of_key=$section
                key=$(echo $key)
                value=${value# }
                ;;
            *) die "line $line_number: what is '$line'?" 65 ;;
        esac
    done
    [ -z "$key" ] || "$@" "$section_of_key" "$key" "$value"
}

dump() { printf '%s.%s=[%s]\n' "${1:-(none)}" "$2" "$3"; }
match() {
    [ "$1.$2" = "$wanted" ] || return 0
    printf '%s\n' "$3"
    return 1
}

file=${1?which file?}
[ -r "$file" ] || die "cannot read $file" 66
case ${2-dump} in
    dump) each dump <"$file" ;;
    sections) grep -o '^\[.*\]$' "$file" | tr -d '[]' | sort -u ;;
    get)
        wanted=$3.$4
        each match <"$file" && die "no $4 in [$3]" 3
        exit 0
        ;;
    *) die "cannot do '$2'" 64 ;;
esac
