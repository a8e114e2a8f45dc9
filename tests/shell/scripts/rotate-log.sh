#!/bin/sh
# rotate-log.sh - copy logs aside when they have grown, and empty them where they are.
#
#   rotate-log.sh [-k KEEP] [-s BYTES] [-n] LOG...
#
# The writer keeps its descriptor: the log is emptied, never replaced.
keep=3 limit=100 dry=

while getopts k:s:n option; do
    case $option in
        k) keep=$OPTARG ;;
        s) limit=$OPTARG ;;
        n) dry=1 ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

rotate() {
    log=$1 i=$keep
    while [ "$i" -gt 1 ]; do
        older=$log.$i newer=$log.$((i - 1))
        [ -f "$newer" ] && ${dry:+echo would run:} cp_file "$newer" "$older"
        i=$((i - 1))
    done
    ${dry:+echo would run:} cp_file "$log" "$log.1"
    [ -n "$dry" ] || : >"$log"
}

cp_file() { cat <"$1" >"$2"; }

status=0
for log; do
    if [ ! -f "$log" ]; then
        echo "rotate-log: $log: no such log" >&2
        status=1
        continue
    fi
    size=$(($(wc -c <"$log")))
    if [ "$size" -le "$limit" ]; then
        echo "$log: $size bytes, kept"
        continue
    fi
    rotate "$log" && echo "$log: $size bytes, rotated"
done
exit $status
