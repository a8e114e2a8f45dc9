#!/bin/sh
# semver.sh - compare versions: MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]
#
#   semver.sh compare A B     prints <, = or >
#   semver.sh sort            lines of input, oldest first
#   semver.sh bump major|minor|patch VERSION
#   semver.sh satisfies VERSION CONDITION     >=1.2.0  <2  =1.4.1  ^1.2  ~1.2.3

die() {
    echo "semver: $*" >&2
    exit 2
}

# Sets major minor patch pre.
split_version() {
    version=${1#v}
    version=${version%%+*}
    case $version in
        *-*) pre=${version#*-} version=${version%%-*} ;;
        *) pre= ;;
    esac
    IFS=. read -r major minor patch rest <<END
$version
END
    for part in "$major" "${minor:=0}" "${patch:=0}"; do
        case $part in '' | *[!0-9]* | 0[0-9]*) die "no version: $1" ;; esac
    done
    [ -z "$rest" ] || die "no version: $1"
}

order_numbers() {
    if [ "$1" -lt "$2" ]; then order='<'; elif [ "$1" -gt "$2" ]; then order='>'; else order='='; fi
}

order_identifiers() {
    case $1/$2 in
        *[!0-9/]*)
            case $1 in *[!0-9]*) one=text ;; *) one=number ;; esac
            case $2 in *[!0-9]*) two=text ;; *) two=number ;; esac
            if [ $one = $two ]; then
                if [ "$1" = "$2" ]; then order='='
                elif [ "$(printf '%s\n%s\n' "$1" "$2" | LC_ALL=C sort | head -n 1)" = "$1" ]; then order='<'
                else order='>'
                fi
            elif [ $one = number ]; then order='<'
            else order='>'
            fi
            ;;
        *) order_numbers "$1" "$2" ;;
    esac
}

order_prereleases() {
    case $1/$2 in
        /) order='='; return ;;
        /*) order='>'; return ;;
        */) order='<'; return ;;
    esac
    left=$1. right=$2.
    while [ -n "$left" ] && [ -n "$right" ]; do
        order_identifiers "${left%%.*}" "${right%%.*}"
        [ "$order" = '=' ] || return 0
        left=${left#*.} right=${right#*.}
    done
    if [ -n "$left" ]; then order='>'; elif [ -n "$right" ]; then order='<'; fi
    return 0
}

compare() {
    split_version "$1"
    a_major=$major a_minor=$minor a_patch=$patch a_pre=$pre
    split_version "$2"
    for part in major minor patch; do
        eval "order_numbers \$a_$part \$$part"
        [ "$order" = '=' ] || return 0
    done
    order_prereleases "$a_pre" "$pre"
}

# Insertion: few versions, and no sort in the world knows the order.
sort_versions() {
    set --
    while read -r line; do
        [ -n "$line" ] || continue
        n=$# placed=
        while [ $n -gt 0 ]; do
            compare "$line" "$1"
            if [ -z "$placed" ] && [ "$order" = '<' ]; then
                set -- "$@" "$line"
                placed=yes
            fi
            set -- "$@" "$1"
            shift
            n=$((n - 1))
        done
        [ -n "$placed" ] || set -- "$@" "$line"
    done
    [ $# -eq 0 ] || printf '%s\n' "$@"
}

satisfies() {
    case $2 in
        '>='*) compare "$1" "${2#>=}"; [ "$order" != '<' ] ;;
        '<='*) compare "$1" "${2#<=}"; [ "$order" != '>' ] ;;
        '>'*) compare "$1" "${2#>}"; [ "$order" = '>' ] ;;
        '<'*) compare "$1" "${2#<}"; [ "$order" = '<' ] ;;
        '='*) compare "$1" "${2#=}"; [ "$order" = '=' ] ;;
        '^'*) compare "$1" "${2#^}"; [ "$order" != '<' ] && [ "$a_major" = "$major" ] ;;
        '~'*) compare "$1" "${2#\~}"; [ "$order" != '<' ] && [ "$a_major.$a_minor" = "$major.$minor" ] ;;
        *) die "no condition: $2" ;;
    esac
}

case ${1-}/$# in
    compare/3) compare "$2" "$3" && printf '%s\n' "$order" ;;
    sort/1) sort_versions ;;
    satisfies/3) satisfies "$2" "$3" ;;
    bump/3)
        split_version "$3"
        case $2 in
            major) echo $((major + 1)).0.0 ;;
            minor) echo $major.$((minor + 1)).0 ;;
            patch) if [ -n "$pre" ]; then echo $major.$minor.$patch; else echo $major.$minor.$((patch + 1)); fi ;;
            *) die "bump what?" ;;
        esac
        ;;
    *) die "usage: compare A B | sort | bump PART VERSION | satisfies VERSION CONDITION" ;;
esac
