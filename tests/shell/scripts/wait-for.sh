#!/bin/sh
# wait-for.sh - wait until a condition holds, then run a command.
#
#   wait-for.sh [-t SECONDS] [-q] CONDITION... [-- COMMAND...]
#
# A condition is file:PATH, full:PATH (not empty), or run:COMMAND.
timeout=5
quiet=

say() { [ -n "$quiet" ] || printf '%s\n' "wait-for: $*" >&2; }

usage() {
    say "$1"
    exit 2
}

holds() {
    case $1 in
        file:*) [ -e "${1#file:}" ] ;;
        full:*) [ -s "${1#full:}" ] ;;
        run:*) eval "${1#run:}" >/dev/null 2>&1 ;;
        *) usage "what is '$1'?" ;;
    esac
}

while getopts :t:q option; do
    case $option in
        t) timeout=$OPTARG ;;
        q) quiet=yes ;;
        :) usage "-$OPTARG wants a number" ;;
        *) usage "there is no option -$OPTARG" ;;
    esac
done
shift $((OPTIND - 1))
case $timeout in '' | *[!0-9]*) usage "not a number of seconds: $timeout" ;; esac

conditions=
while [ $# -gt 0 ]; do
    if [ "$1" = -- ]; then
        shift
        break
    fi
    conditions="$conditions$1
"
    shift
done
[ -n "$conditions" ] || usage 'wait for what?'

ticks=$((timeout * 20))
IFS='
'
for condition in $conditions; do
    until holds "$condition"; do
        ticks=$((ticks - 1))
        if [ $ticks -lt 0 ]; then
            say "gave up on $condition after $timeout s"
            exit 124
        fi
        sleep 0.05
    done
    say "$condition"
done
unset IFS
[ $# -eq 0 ] || exec "$@"
