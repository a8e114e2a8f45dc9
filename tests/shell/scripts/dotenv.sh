#!/bin/sh
# dotenv.sh - run a command with the variables of a .env file, none of which is run as code.
#
#   dotenv.sh [-o] [FILE...] -- COMMAND...      -o: the file wins over the environment
override=
[ "${1-}" = -o ] && { override=yes; shift; }

trim() {
    trimmed=${1#"${1%%[![:space:]]*}"}
    trimmed=${trimmed%"${trimmed##*[![:space:]]}"}
}

load() {
    number=0
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        trim "$line"
        line=${trimmed#export }
        case $line in '' | '#'*) continue ;; esac
        key=${line%%=*} value=${line#*=}
        if [ "$key" = "$line" ]; then
            echo "$1:$number: no '=' in: $line" >&2
            return 1
        fi
        trim "$key"
        key=$trimmed
        case $key in
            '' | [!A-Za-z_]* | *[!A-Za-z0-9_]*)
                echo "$1:$number: no name: $key" >&2
                return 1
                ;;
        esac
        trim "$value"
        value=$trimmed
        case $value in
            \"*\") value=${value#\"} value=$(printf '%b' "${value%\"}") ;;
            \'*\') value=${value#\'} value=${value%\'} ;;
            *' #'*) trim "${value%%' #'*}"; value=$trimmed ;;
        esac
        if [ -n "$override" ] || eval "[ -z \"\${$key+set}\" ]"; then
            export "$key=$value"
        fi
    done <"$1"
}

[ $# -gt 0 ] || { echo 'usage: dotenv.sh [-o] [FILE...] -- COMMAND...' >&2; exit 2; }
found=
while [ $# -gt 0 ]; do
    case $1 in
        --) shift; break ;;
        *)
            [ -r "$1" ] || { echo "dotenv: cannot read $1" >&2; exit 1; }
            load "$1" || exit 1
            found=yes
            shift
            ;;
    esac
done
[ -n "$found" ] || [ ! -r .env ] || load .env || exit 1
[ $# -gt 0 ] || set -- sh -c 'printenv | grep "^APP_" | sort'
exec "$@"
