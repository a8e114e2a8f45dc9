#!/bin/sh
# retry.sh - run a command until it succeeds, with a growing pause.
#
#   retry.sh [-n TRIES] [-d MILLISECONDS] [-m MOST] COMMAND [ARG...]
tries=5 delay=10 most=80
me=${0##*/}

number() {
    case $2 in
        '' | *[!0-9]*) echo "$me: $1 wants a number, not '$2'" >&2; exit 2 ;;
    esac
}
while getopts n:d:m: option; do
    case $option in
        n) number -n "$OPTARG"; tries=$OPTARG ;;
        d) number -d "$OPTARG"; delay=$OPTARG ;;
        m) number -m "$OPTARG"; most=$OPTARG ;;
        ?) exit 2 ;;
    esac
done
shift "$((OPTIND - 1))"
[ "$#" -gt 0 ] || { echo "usage: $me [-n TRIES] [-d MS] [-m MS] COMMAND" >&2; exit 2; }

try=1
while :; do
    "$@" && exit 0
    status=$?
    if [ "$status" -eq 127 ] || [ "$status" -eq 126 ]; then
        echo "$me: '$1' cannot be run, no use in trying again" >&2
        exit "$status"
    fi
    if [ "$try" -ge "$tries" ]; then
        echo "$me: gave up after $try tries, last status $status" >&2
        exit "$status"
    fi
    echo "$me: try $try of $tries failed with $status, again in $delay ms" >&2
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    delay=$((delay * 2 > most ? most : delay * 2))
    try=$((try + 1))
done
