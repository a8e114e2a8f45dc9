#!/bin/sh
# generate.sh AGENT - docs/commands.md, from the table of commands: docs/generate.sh AGENT > docs/commands.md
set -eu
agent=$1
cat <<'HEAD'
# Commands

Every command of the agent, as `help NAME` shows it. This page is generated from the table of commands
by `docs/generate.sh`.
HEAD
"$agent" --list | while read -r name; do
    printf '\n## %s\n\n```\n' "$name"
    "$agent" sh -c 'help "$1"' sh "$name" </dev/null
    printf '```\n'
done
