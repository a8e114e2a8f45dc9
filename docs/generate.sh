#!/bin/sh
# generate.sh AGENT - docs/commands.md, from the table of commands: docs/generate.sh AGENT > docs/commands.md
set -eu
agent=$1
cat <<'HEAD'
# Commands

Every command of the agent, as `help NAME` shows it. This page is generated from the table of commands
by `docs/generate.sh`.

What inspects takes `-o json` and prints one object a line; its help names the fields. Not so what hands
on bytes that are already a file's own (`cat`, `head`, `tail`, `cut`, `sed`, `jq` and the other text
commands): in an object they would be something else than what was asked for, and bytes that are no
UTF-8 would not survive most readers. Nor what answers with one value or a status (`hostname`,
`whoami`, `tty`, `pidof`, `which`, `test`), what runs other commands (`env`, `xargs`, `timeout`), and
what draws on the terminal. Environments in JSON are `environ` and `printenv`.
HEAD
"$agent" --list | while read -r name; do
    printf '\n## %s\n\n```\n' "$name"
    "$agent" sh -c 'help "$1"' sh "$name" </dev/null
    printf '```\n'
done
