# daemon.sh - sourced: a Docker daemon for as long as the caller runs, when none answers.
# shellcheck shell=bash
#
# daemon_start leaves its reason in $daemon_why when it fails; daemon_stop ends what daemon_start
# began and nothing else.

daemon_folder=
daemon_pid=
daemon_state=
daemon_why=

daemon_answers() {
    timeout 10 docker version >/dev/null 2>&1
}

# Docker 20.10 wants a cgroup hierarchy for every controller; a bare chroot has none mounted.
daemon_needs() {
    if ! command -v dockerd >/dev/null; then
        daemon_why="no dockerd is installed"
    elif [ "$(id -u)" -ne 0 ]; then
        daemon_why="a daemon needs root"
    elif ! grep -q ' /sys/fs/cgroup' /proc/self/mountinfo; then
        daemon_why="no cgroups are mounted"
    fi
    [ -z "$daemon_why" ]
}

daemon_start() {
    daemon_answers && return 0
    daemon_why=
    daemon_needs || return 1
    daemon_folder=$(mktemp -d /tmp/limpet-docker.XXXXXX)
    local log=$daemon_folder/log
    # Its data are ours to throw away; its socket and its state are where everybody looks for them.
    # A network namespace of its own: its bridge comes and goes with it, and one that another daemon
    # has (from a chroot we cannot see it) stays.
    [ -e /run/docker ] || daemon_state=/run/docker
    setsid unshare --net dockerd --data-root "$daemon_folder/data" --iptables=false \
        --ip-masq=false >"$log" 2>&1 </dev/null &
    daemon_pid=$!
    local _
    for _ in $(seq 150); do
        daemon_answers && return 0
        kill -0 "$daemon_pid" 2>/dev/null || break
        sleep 0.2
    done
    daemon_why="dockerd did not start: $(tail -n 1 "$log" | tail -c 300)"
    daemon_stop
    return 1
}

daemon_stop() {
    [ -n "$daemon_pid" ] || return 0
    kill -TERM "$daemon_pid" 2>/dev/null
    local _
    for _ in $(seq 100); do
        kill -0 "$daemon_pid" 2>/dev/null || break
        sleep 0.2
    done
    kill -KILL "$daemon_pid" 2>/dev/null
    wait "$daemon_pid" 2>/dev/null
    daemon_pid=
    # Whatever it had mounted goes before its folder does, innermost first.
    local place
    for place in "$daemon_folder" ${daemon_state:+"$daemon_state"}; do
        awk -v place="$place/" 'index($5, place) == 1 { print $5 }' /proc/self/mountinfo |
            sort -r | while read -r point; do umount -l "$point"; done
        rm -rf --one-file-system "$place"
    done
}
