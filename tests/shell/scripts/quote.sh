#!/bin/sh
# quote.sh - functions to keep arguments whole: to be read with the dot.

# quote WORD...: each so that eval gives it back, separated by blanks.
quote() {
    quoted=
    for word; do
        case $word in
            '') part="''" ;;
            *[!A-Za-z0-9_./:=@%+,-]*)
                part=
                while :; do
                    case $word in
                        *\'*)
                            part="$part${word%%\'*}'\\''"
                            word=${word#*\'}
                            ;;
                        *) break ;;
                    esac
                done
                part="'$part$word'"
                ;;
            *) part=$word ;;
        esac
        quoted="$quoted${quoted:+ }$part"
    done
    printf '%s\n' "$quoted"
}

# contains LIST WORD: is WORD one of the arguments that quote made LIST from?
contains() {
    wanted=$2
    eval "set -- $1"
    for candidate; do
        [ "$candidate" = "$wanted" ] && return 0
    done
    return 1
}

# last and all but the last, by eval on $#
last() { eval "printf '%s\n' \"\${$#}\""; }
but_last() {
    kept= at=1
    while [ "$at" -lt "$#" ]; do
        eval "kept=\"\$kept \$(quote \"\${$at}\")\""
        at=$((at + 1))
    done
    printf '%s\n' "${kept# }"
}
