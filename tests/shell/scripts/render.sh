#!/bin/sh
# render.sh - fill in a configuration template from the environment.
#
#   render.sh TEMPLATE     {{NAME}} is a variable, {{NAME|default}} has a default; #if NAME ... #end
#
# Line by line and without eval on what the template says: a value is never run.
set -u

fail() {
    echo "render: $template:$number: $1" >&2
    exit 1
}

value_of() {
    case $1 in
        '' | [0-9]* | *[!A-Za-z0-9_]*) fail "'$1' is no name" ;;
    esac
    if eval "[ \"\${$1+set}\" ]"; then
        eval "value=\$$1"
    elif [ $# -gt 1 ]; then
        value=$2
    else
        fail "$1 is not set"
    fi
}

fill_in() {
    rest=$1 done=
    while :; do
        case $rest in
            *'{{'*'}}'*) ;;
            *) break ;;
        esac
        done=$done${rest%%'{{'*}
        rest=${rest#*'{{'}
        field=${rest%%'}}'*}
        rest=${rest#*'}}'}
        case $field in
            *'|'*) value_of "${field%%|*}" "${field#*|}" ;;
            *) value_of "$field" ;;
        esac
        done=$done$value
    done
    printf '%s\n' "$done$rest"
}

template=$1 number=0 skipping=
while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
        '#if '*)
            eval "[ -n \"\${${line#\#if }:-}\" ]" || skipping=yes
            ;;
        '#end') skipping= ;;
        *) [ -n "$skipping" ] || fill_in "$line" ;;
    esac
done <"$template"
