#!/bin/sh
# notes.sh - a small command line with subcommands: notes in a file, one a line.
#
#   notes.sh [-f FILE] add [-p PRIORITY] [-t TAG]... TEXT... | list [-t TAG] [-s] | done NUMBER... | count
set -u
program=${0##*/}
file=notes.txt
tab='	'

fail() {
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}
usage() {
    cat >&2 <<END
usage: $program [-f FILE] COMMAND
commands:
	add [-p PRIORITY] [-t TAG]... TEXT...
	list [-t TAG] [-s]
	done NUMBER...
	count
END
    exit 2
}

command_add() {
    priority=5 tags=
    OPTIND=1
    while getopts p:t: option; do
        case $option in
            p) priority=$OPTARG ;;
            t) tags="$tags,$OPTARG" ;;
            *) usage ;;
        esac
    done
    shift $((OPTIND - 1))
    [ $# -gt 0 ] || fail 'add what?'
    case $priority in [1-9]) ;; *) fail "a priority is 1 to 9, not $priority" ;; esac
    text=$*
    case $text in *"$tab"* | *'
'*) fail 'a note is one line without tabs' ;; esac
    printf '%s\t%s\t%s\n' "$priority" "${tags#,}" "$text" >>"$file"
}

command_list() {
    tag= sorted=
    OPTIND=1
    while getopts t:s option; do
        case $option in
            t) tag=$OPTARG ;;
            s) sorted=yes ;;
            *) usage ;;
        esac
    done
    [ -f "$file" ] || return 0
    number=0
    # A tab is a blank of IFS: read would drop an empty column in the middle.
    while IFS= read -r line; do
        number=$((number + 1))
        priority=${line%%"$tab"*} rest=${line#*"$tab"}
        tags=${rest%%"$tab"*} text=${rest#*"$tab"}
        case $tag,,$tags, in
            ,,* | *,"$tag",*) printf '%s\t%3d  %s%s\n' "$priority" $number "$text" "${tags:+ ($tags)}" ;;
        esac
    done <"$file" | if [ -n "$sorted" ]; then sort -t "$tab" -k 1,1n -k 2; else cat; fi | cut -f 2-
}

command_done() {
    [ $# -gt 0 ] || fail 'done with which?'
    [ -f "$file" ] || fail 'there are no notes'
    lines=$(($(wc -l <"$file")))
    for number; do
        case $number in '' | *[!0-9]*) fail "no number: $number" ;; esac
        [ "$number" -ge 1 ] && [ "$number" -le $lines ] || fail "no note $number"
    done
    left=$(
        at=0
        while IFS= read -r line; do
            at=$((at + 1))
            for number; do
                [ "$number" -eq $at ] && continue 2
            done
            printf '%s\n' "$line"
        done <"$file"
    )
    printf '%s' "${left:+$left
}" >"$file"
}

command_count() { if [ -f "$file" ]; then echo $(($(wc -l <"$file"))); else echo 0; fi; }

while getopts :f:h option; do
    case $option in
        f) file=$OPTARG ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
action=$1
shift
if command -v "command_$action" >/dev/null; then
    "command_$action" "$@"
else
    fail "there is no command '$action'"
fi
