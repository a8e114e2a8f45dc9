#!/bin/sh
# init.sh - the first process of a container that runs several services: starts them, hands signals
# on, waits for all, and ends when one of them fails.
#
#   init.sh NAME COMMAND [NAME COMMAND ...]
pids= names= ended= code=0

log() { echo "init: $*"; }

start() {
    sh -c "$2" &
    pids="$pids $!" names="$names $1"
    eval "name_$!=\$1"
}

forward() {
    log "got $1"
    ended=$1 interrupted=yes
    for pid in $pids; do kill -s "$1" "$pid" 2>/dev/null; done
}

trap 'forward TERM' TERM
trap 'forward INT' INT
trap 'forward USR1; ended=' USR1
trap 'log "exit with $code"' EXIT

while [ $# -ge 2 ]; do
    start "$1" "$2"
    shift 2
done
log "started$names"
echo $$ >init.pid

for pid in $pids; do
    eval "name=\$name_$pid"
    # A signal that a trap took ends the wait, not the service; 127 says that its end was seen before.
    while :; do
        interrupted=
        wait "$pid"
        now=$?
        [ $now -eq 127 ] || status=$now
        [ -n "$interrupted" ] || break
    done
    log "$name is over"
    case $status in 0 | 143 | 130) ;; *) code=$status ;; esac
done
[ -z "$ended" ] || log "ended by $ended"
exit $code
