#!/bin/sh
# entrypoint.sh - what an image runs first: settings from variables or secret files, then the service itself.
set -eu

# secret NAME [DEFAULT]: the variable NAME, or the content of the file that NAME_FILE names.
secret() {
    name=$1 default=${2-}
    eval "value=\${$name:-}" "file=\${${name}_FILE:-}"
    if [ -n "$value" ] && [ -n "$file" ]; then
        echo >&2 "entrypoint: both $name and ${name}_FILE are set"
        exit 64
    fi
    if [ -n "$file" ]; then
        if [ ! -r "$file" ]; then
            echo >&2 "entrypoint: cannot read $file"
            exit 66
        fi
        value=$(cat "$file")
    fi
    value=${value:-$default}
    if [ -z "$value" ]; then
        echo >&2 "entrypoint: $name is required"
        exit 78
    fi
    export "$name=$value"
    unset "${name}_FILE"
}

# Options alone are for the service.
if [ "${1:-}" = "" ] || [ "${1#-}" != "$1" ]; then
    set -- service "$@"
fi

case $1 in
    service)
        secret DB_USER app
        secret DB_PASSWORD
        : "${DB_HOST:=localhost}" "${DB_PORT:=5432}"
        shift
        case $DB_PORT in
            *[!0-9]*) echo >&2 "entrypoint: DB_PORT is not a number: $DB_PORT"; exit 65 ;;
        esac
        url="db://$DB_USER:$(printf '%s' "$DB_PASSWORD" | tr -c '\n' '*')@$DB_HOST:$DB_PORT"
        echo "connecting to $url"
        exec printf 'service runs with %s argument(s):%s\n' "$#" "$(for a; do printf ' <%s>' "$a"; done)"
        ;;
    env-check)
        shift
        for name; do
            if eval "[ \"\${$name+set}\" ]"; then eval "echo \"$name=\$$name\""; else echo "$name is not set"; fi
        done
        ;;
    *)
        exec "$@"
        ;;
esac
