#!/bin/sh
# prune-backups.sh - which backups to keep: the newest N, one of each of the last M months, all others may go.
#
#   prune-backups.sh [-d N] [-m M] < names     names are LABEL-YYYY-MM-DD.tar.gz
days=3 months=2
while getopts d:m: option; do
    case $option in
        d) days=$OPTARG ;;
        m) months=$OPTARG ;;
        *) exit 2 ;;
    esac
done

valid() {
    base=${1##*/}
    case $base in
        ?*-[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9].tar.gz) return 0 ;;
        *) return 1 ;;
    esac
}

date_of() {
    stamp=${1%.tar.gz}
    day=${stamp##*-} stamp=${stamp%-*}
    month=${stamp##*-} stamp=${stamp%-*}
    year=${stamp##*-}
}

while IFS= read -r name; do
    if valid "$name"; then
        date_of "$name"
        label=${stamp%-*}
        printf '%s %s%s%s %s\n' "${label##*/}" "$year" "$month" "$day" "$name"
    elif [ -n "$name" ]; then
        printf 'odd  %s\n' "$name" >&2
    fi
done | sort -k 1,1 -k 2,2nr | {
    previous= kept=0 total=0
    while read -r label date name; do
        total=$((total + 1))
        if [ "$label" != "$previous" ]; then
            daily=0 monthly=0 seen= previous=$label
        fi
        daily=$((daily + 1))
        month=${date%??}
        why=
        [ $daily -le "$days" ] && why=day
        if [ "$month" != "$seen" ] && [ $monthly -lt "$months" ]; then
            monthly=$((monthly + 1)) seen=$month
            why=${why:+$why,}month
        fi
        if [ -n "$why" ]; then
            kept=$((kept + 1))
            echo "keep $name ($why)"
        else
            echo "drop $name"
        fi
    done
    echo "$kept of $total kept"
}
