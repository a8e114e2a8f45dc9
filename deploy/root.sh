# root.sh - sourced: makes / the root of a mount namespace, by running the script again in a new one.
# shellcheck shell=bash
#
# In a plain chroot / is no mount point and not where the mount namespace begins. Nothing that makes
# containers works there: pivot_root(2) and making / private are refused, and who joins a container
# later comes out at the root of the machine. Elsewhere, and without root, this does nothing.

own_root() {  # SCRIPT ARGUMENTS...
    [ "$(id -u)" -eq 0 ] || return 0
    awk '$5 == "/" { found = 1 } END { exit !found }' /proc/self/mountinfo && return 0
    local script place status
    script=$(readlink -f "$1")
    shift
    place=$(mktemp -d /tmp/limpet-root.XXXXXX)
    # Perl is in every Debian, and has syscall(). The order: a namespace of our own; a bind mount of
    # our /; up to where the namespace begins (setns(2) to it, which leaves the chroot); nothing that
    # follows reaches the machine's mounts; and down again, with the bind mount as the new root.
    # shellcheck disable=SC2016 # for perl
    perl -e '
        use strict;
        my ($machine) = `uname -m` =~ /(\S+)/;
        my %calls = (x86_64 => [272, 165, 308, 155, 166], aarch64 => [97, 40, 268, 41, 39]);
        my ($unshare, $mount, $setns, $pivot_root, $umount) = @{$calls{$machine} or die $machine};
        my ($newns, $bind, $private, $rec, $detach) = (0x20000, 0x1000, 0x40000, 0x4000, 2);
        my $place = shift;
        sub call { my $what = shift; syscall(shift, @_) == 0 or die "$what: $!\n" }
        my ($slash, $dot, $none) = ("/", ".", "none");
        call("unshare", $unshare, $newns);
        call("bind /", $mount, $slash, $place, $none, $bind | $rec, 0);
        opendir(my $folder, $place) or die "$place: $!\n";
        open(my $own, "<", "/proc/self/ns/mnt") or die "namespace: $!\n";
        call("setns", $setns, fileno($own), $newns);
        call("private", $mount, $none, $slash, $none, $private | $rec, 0);
        chdir($folder) or die "$place: $!\n";
        call("pivot_root", $pivot_root, $dot, $dot);
        call("umount", $umount, $dot, $detach);
        chdir("/");
        exec(@ARGV) or die "$ARGV[0]: $!\n";
    ' "$place" bash "$script" "$@"
    status=$?
    # Where mounts are shared the bind mount came to be out here, too.
    grep -qF " $place " /proc/self/mountinfo && umount -l "$place"
    rmdir "$place"
    exit $status
}
