#!/bin/sh
# migrate.sh - apply numbered migrations once each, in their order, under a lock.
#
#   migrate.sh [--dry-run] [--to NUMBER] [DIRECTORY]
dry= to=
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run | -n) dry=yes ;;
        --to) to=${2?--to wants a number}; shift ;;
        --to=*) to=${1#*=} ;;
        --) shift; break ;;
        -*) echo "migrate: no option $1" >&2; exit 2 ;;
        *) break ;;
    esac
    shift
done
directory=${1:-.} journal=applied.log

# noclobber opens with O_EXCL: only one of two at a time makes the lock. An empty one is free again.
if ! (set -C; echo $$ >lock) 2>/dev/null; then
    read -r owner <lock
    if [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; then
        echo "migrate: $owner is at it" >&2
        exit 75
    fi
    [ -z "$owner" ] || echo 'migrate: taking over a lock that was left behind'
    echo $$ >|lock
fi
trap ': >|lock' EXIT
trap 'exit 130' INT TERM

: >>$journal
count=0
for file in "$directory"/[0-9][0-9]*-*.migration; do
    [ -f "$file" ] || { echo 'nothing to do'; break; }
    name=${file##*/}
    number=${name%%-*}
    while [ "${number#0}" != "$number" ] && [ ${#number} -gt 1 ]; do number=${number#0}; done
    [ -z "$to" ] || [ "$number" -le "$to" ] || break
    sum=$(sha256sum <"$file" | cut -c 1-12)
    if entry=$(grep "^$name " $journal); then
        [ "$entry" = "$name $sum" ] || { echo "migrate: $name was changed after it was applied" >&2; exit 3; }
        continue
    fi
    if [ -n "$dry" ]; then
        echo "would apply $name"
        continue
    fi
    echo "applying $number: $name"
    # In a shell of its own: -e would be ignored in a subshell that is a condition.
    if ! sh -eu "$file" 2>&1; then
        echo "migrate: $name failed" >&2
        exit 1
    fi
    echo "$name $sum" >>$journal
    count=$((count + 1))
done
echo "$count applied"
