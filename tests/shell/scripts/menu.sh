#!/bin/sh
# menu.sh - a menu on a terminal or, as here, with its answers piped in.
title='What to do?'
items='Show the time zone|Count words|Make a greeting|Leave'

show_menu() {
    printf '\n%s\n' "$title"
    number=0
    old_ifs=$IFS IFS='|'
    for item in $items; do
        number=$((number + 1))
        printf ' %2d) %s\n' $number "$item"
    done
    IFS=$old_ifs
}

# ask PROMPT [DEFAULT]: sets answer; fails at the end of input.
ask() {
    printf '%s%s: ' "$1" "${2:+ [$2]}"
    IFS= read -r answer || { echo; return 1; }
    echo "$answer"
    answer=${answer:-${2-}}
}

yes_or_no() {
    while ask "$1 (y/n)" "${2-}"; do
        case $answer in
            [Yy] | [Yy][Ee][Ss]) return 0 ;;
            [Nn] | [Nn][Oo]) return 1 ;;
            *) echo 'Please answer y or n.' ;;
        esac
    done
    return 1
}

while :; do
    show_menu
    ask Choice || { echo 'End of input, leaving.'; exit 1; }
    case $answer in
        '' | *[!0-9]*) echo "'$answer' is no number." ;;
        1) echo "TZ is ${TZ:-not set}" ;;
        2)
            ask Text && {
                set -f
                set -- $answer
                set +f
                echo "$# word(s)$(for w; do printf ' [%s]' "$w"; done)"
            }
            ;;
        3)
            ask Name "nobody in particular"
            greeting="Hello, $answer!"
            if yes_or_no Loud n; then
                greeting=$(printf '%s' "$greeting" | tr '[:lower:]' '[:upper:]')
            fi
            printf '%s\n' "$greeting" | tee greeting
            ;;
        4 | 0) yes_or_no 'Really leave' y && { echo Bye.; exit 0; } ;;
        *) echo "There is no item $answer." ;;
    esac
done
