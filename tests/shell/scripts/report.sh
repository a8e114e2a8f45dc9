#!/bin/sh
# report.sh - totals per region from a CSV file: region,product,count,price in cents
set -u
export LC_ALL=C

number() {
    case $1 in '' | *[!0-9]*) return 1 ;; esac
}

money() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }

# unquote FIELD: without the quotes around it, and with "" for ".
unquote() {
    field=$1
    case $field in
        \"*\") field=${field#\"} field=${field%\"} ;;
    esac
    out=
    while :; do
        case $field in
            *'""'*) out=$out${field%%'""'*}\" field=${field#*'""'} ;;
            *) break ;;
        esac
    done
    field=$out$field
}

csv=${1:--}
[ "$csv" = - ] || exec <"$csv"
IFS= read -r header || { echo 'report: no header' >&2; exit 1; }
case ${header%"$(printf '\r')"} in
    region,product,count,price) ;;
    *) echo "report: odd header: $header" >&2; exit 1 ;;
esac

regions= lines=0 wrong=0 grand=0
tr -d '\r' >clean.csv
while IFS=, read -r region product count price extra; do
    lines=$((lines + 1))
    [ -n "$region$product$count$price" ] || continue
    if [ -n "$extra" ] || ! number "$count" || ! number "$price"; then
        echo "report: line $((lines + 1)) left out: $region,$product,$count,$price${extra:+,$extra}" >&2
        wrong=$((wrong + 1))
        continue
    fi
    unquote "$product"
    product=$field
    key=$(printf '%s' "$region" | tr -c 'A-Za-z0-9' _)
    case " $regions " in
        *" $key "*) ;;
        *)
            regions="$regions $key"
            eval "name_$key=\$region sum_$key=0 count_$key=0 best_$key= top_$key=0"
            ;;
    esac
    amount=$((count * price))
    eval "sum_$key=\$((sum_$key + amount)) count_$key=\$((count_$key + count))
        if [ \$amount -gt \$top_$key ]; then top_$key=\$amount best_$key=\$product; fi"
    grand=$((grand + amount))
done <clean.csv

printf '%-12s %6s %12s  %s\n' Region Items Total Best
for key in $regions; do
    eval "printf '%s\t%d\t%d\t%s\n' \"\$name_$key\" \$count_$key \$sum_$key \"\$best_$key\""
done | sort -t '	' -k 3,3nr -k 1,1 | while IFS='	' read -r name count sum best; do
    printf '%-12.12s %6d %12s  %s\n' "$name" "$count" "$(money "$sum")" "$best"
done
printf '%-12s %19s  %d of %d lines\n' all "$(money $grand)" $((lines - wrong)) $lines
[ $wrong -eq 0 ]
