# root.sh - sourced: makes / a mount point for the script that sources it, by running it again.
# shellcheck shell=bash
#
# In a plain chroot / is none, and then nothing that makes containers works there: pivot_root(2)
# and making / private are refused. Elsewhere, and without root, this does nothing.

own_root() {  # SCRIPT ARGUMENTS...
    [ "$(id -u)" -eq 0 ] || return 0
    awk '$5 == "/" { found = 1 } END { exit !found }' /proc/self/mountinfo && return 0
    local script place status
    script=$(readlink -f "$1")
    shift
    place=$(mktemp -d /tmp/limpet-root.XXXXXX)
    # Unchanged: a propagation of / cannot be set here, for the same reason.
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation unchanged bash -c \
        'mount --rbind / "$1" && mount --make-rprivate "$1" && cd "$1" && shift && exec chroot . "$@"' \
        bash "$place" bash "$script" "$@"
    status=$?
    # Where mounts are shared it came to be out here, too.
    grep -qF " $place " /proc/self/mountinfo && umount -l "$place"
    rmdir "$place"
    exit $status
}
