#!/bin/bash
# demo.sh - a container without a shell, and limpet in it: from nothing, on a bare Debian 12.
#
#   sudo deploy/demo.sh          on a terminal it ends with a prompt in the container
#   sudo deploy/demo.sh --script the scripted part alone
#
# Installs what is needed, builds, starts a Docker daemon if none answers, and removes all that it
# started. Where no daemon can run it shows the same with `limpet demo`.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
. deploy/root.sh
own_root deploy/demo.sh "$@"
. deploy/daemon.sh

interactive=''
[ -t 0 ] && [ -t 1 ] && [ "${1:-}" != --script ] && interactive=yes
if [ "$(id -u)" -ne 0 ]; then
    echo "demo.sh: looking into containers needs root: sudo deploy/demo.sh" >&2
    exit 1
fi

folder=$(mktemp -d /tmp/limpet-demo.XXXXXX)
container=''
image=''
finish() {
    trap - EXIT
    trap '' INT TERM
    [ -n "$container" ] && docker rm -f "$container" >/dev/null 2>&1
    [ -n "$image" ] && docker rmi "$image" >/dev/null 2>&1
    daemon_stop
    rm -rf "$folder"
}
trap finish EXIT
trap 'finish; exit 130' INT TERM

bold='' plain=''
[ -t 1 ] && bold=$'\e[1m' plain=$'\e[0m'
failures=0

say() { printf '\n%s# %s%s\n' "$bold" "$*" "$plain"; }

# Shows a command line as one would type it, then what it does. The status that it must have is
# stated, so that a demo that went wrong does not look like one that went well.
show() {  # STATUS[|STATUS] COMMAND-LINE
    local status
    printf '%s$ %s%s\n' "$bold" "$2" "$plain"
    (eval "$2") 2>&1
    status=$?
    if [[ "|$1|" != *"|$status|"* ]]; then
        echo "demo.sh: status $status instead of $1" >&2
        failures=$((failures + 1))
    fi
}

deploy/install.sh demo || exit 1
echo "building limpet"
if ! { cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DLIMPET_TESTS=OFF &&
    cmake --build build --target limpet limpet-agent; } >"$folder/build" 2>&1; then
    tail -n 40 "$folder/build"
    exit 1
fi
export PATH=$PWD/build/bin:$PATH

without_docker() {
    say "No Docker daemon can run here ($daemon_why): limpet makes its own container instead"
    if [ -n "$interactive" ]; then
        limpet demo
    else
        printf '%s$ limpet demo%s\n' "$bold" "$plain"
        printf '%s\n' 'ls -l /' 'ps' 'ss -tln' 'info' | limpet demo
    fi
    exit $?
}
daemon_start || without_docker

# An image of one file.
app=limpet-demo
docker image inspect "$app" >/dev/null 2>&1 && app=limpet-demo-$$
mkdir "$folder/root"
gcc -static -O2 -s -o "$folder/root/app" deploy/demo/web.c || exit 1
if ! image=$(tar -C "$folder/root" --numeric-owner --owner 0 --group 0 -c app |
    docker import -c 'ENTRYPOINT ["/app"]' - "$app" 2>&1); then
    daemon_why=$image image=''
    without_docker
fi
web=web
docker inspect "$web" >/dev/null 2>&1 && web=web-$$
cp "$folder/root/app" "$folder/app"

say "A container from scratch: one static file, no shell, read-only, not root, no network"
printf '%s$ docker run -d --name %s --read-only --user 65532:65532 --network none %s%s\n' \
    "$bold" "$web" "$app" "$plain"
if ! container=$(docker run -d --name "$web" --read-only --user 65532:65532 --network none \
    "$app" 2>&1); then
    daemon_why=$container container=$(docker ps -aqf "name=^$web\$")
    without_docker
fi
echo "${container:0:12}"

say "The usual way in is shut"
show '126|127' "docker exec $web sh"

say "limpet opens it from outside; nothing in it changes"
show 0 "limpet ps"
show 0 "limpet exec $web -- ls -l /"
show 0 "limpet exec $web -- ps"
show 0 "limpet exec $web -- ss -tln"
show 0 "limpet exec $web -- info"

say "Pipes and exit statuses are a shell's"
show 0 "limpet exec $web -- cat /app | sha256sum"
show 0 "sha256sum < $folder/app"
show 0 "limpet exec $web -- sh -c 'for f in /proc/1/ns/*; do echo \$f; done | wc -l'"
show 7 "limpet exec $web -- sh -c 'exit 7'"
show 1 "limpet exec $web -- sh -c 'echo changed > /app'"

say "And the container has not noticed"
show 0 "docker diff $web"
show 0 "docker top $web"

if [ -n "$interactive" ]; then
    say "Your turn: help lists the commands, Ctrl-D ends it"
    printf '%s$ limpet attach %s%s\n' "$bold" "$web" "$plain"
    limpet attach "$web"
fi
finish
if [ "$failures" -gt 0 ]; then
    echo "demo.sh: $failures of the commands above did not end as they should" >&2
    exit 1
fi
say "Done: the container, its image and the daemon that was started for them are gone"
