#!/bin/sh
# generate.sh AGENT - docs/commands.md, from the table of commands: docs/generate.sh AGENT > docs/commands.md
set -eu
agent=$1
cat <<'HEAD'
# Commands

Every command of the agent, as `help NAME` and `NAME --help` show it. This page is generated from the
table of commands by `docs/generate.sh`.

HEAD
"$agent" --list | while read -r name; do
    printf '## %s\n\n```\n' "$name"
    case $name in
        # Their words are never options.
        echo | test | '[' | true | false | printf | expr) "$agent" sh -c "help $name" ;;
        *) "$agent" "$name" --help ;;
    esac </dev/null
    printf '```\n\n'
done
