#!/bin/sh
# healthcheck.sh - run the checks of a file, print a table, end with the number of those that failed.
#
# A line of the file is `name|limit in s|command`; blank lines and # are left out.
file=${1:?usage: healthcheck.sh FILE}
bad=0 total=0 worst=

check() (
    # In a subshell: what a check changes is its own business, and a watchdog ends it.
    limit=$1
    sh -c "$2" >/dev/null 2>&1 &
    pid=$!
    (
        sleep "$limit" &
        sleeper=$!
        trap 'kill $sleeper 2>/dev/null; exit' TERM
        wait $sleeper
        kill -KILL $pid 2>/dev/null
    ) >/dev/null 2>&1 &
    dog=$!
    wait $pid 2>/dev/null
    status=$?
    kill $dog 2>/dev/null
    wait $dog 2>/dev/null
    exit $status
)

printf '%-14s %s\n' CHECK RESULT
while IFS='|' read -r name limit command; do
    case $name in '' | '#'*) continue ;; esac
    total=$((total + 1))
    check "$limit" "$command" 2>/dev/null </dev/null
    case $? in
        0) result=ok ;;
        137) result="no answer in $limit s" bad=$((bad + 1)) ;;
        127) result='cannot be run' bad=$((bad + 1)) ;;
        *) result="failed ($?)" bad=$((bad + 1)) ;;
    esac
    [ "$result" = ok ] || worst="$worst${worst:+, }$name"
    printf '%-14s %s\n' "$name" "$result"
done <"$file"
echo "$((total - bad)) of $total good${worst:+, not: $worst}"
exit $bad
