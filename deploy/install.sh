#!/bin/bash
# install.sh - the Debian 12 packages that limpet needs; the only place that lists them.
#
#   install.sh build   to build both programs
#   install.sh demo    and to run deploy/demo.sh
#   install.sh test    and to run tests/run.sh
#   install.sh image   to build the image for arm64 as well (deploy/image/make.sh)
#
# Quick and silent when everything is there already: apt is not asked then.
set -euo pipefail

build=(
    g++ cmake ninja-build ccache
    libboost1.81-dev   # Asio and JSON, headers only
    zlib1g-dev libzstd-dev
    libssl-dev         # 3.0; not with -DLIMPET_TLS=OFF
    libspdlog-dev libfmt-dev
)
demo=(
    docker.io runc containerd iptables
    procps             # ps, to show the host's view
)
tests=(
    catch2
    libseccomp-dev     # what our filters are compared with
    python3
    busybox-static     # targets, and the yardstick of the benchmarks
    musl-tools         # a target linked to musl
    debootstrap        # full and slim images
    podman uidmap      # with its conmon; containerd and runc come with Docker
    lxc systemd-container
    python3-yaml       # the manifests of deploy/ are parsed
    iproute2 strace util-linux libcap2-bin tcpdump tshark
    gdb                # whose stacks ours are compared with
    openjdk-17-jdk-headless # a Java VM, and jstat
    net-tools iputils-ping traceroute mtr-tiny conntrack nftables procps # what is compared with them
    lsof psmisc        # with procps, what ours about processes is compared with
    patch              # applies what diff prints
    libarchive-tools   # bsdtar, which reads what export writes
    mawk gawk original-awk zstd bzip2 xz-utils  # yardsticks, with what Debian has anyway
    jq                 # what ours is compared with
    curl wget openssl bind9-dnsutils netcat-openbsd  # the same
    dnsmasq-base nginx-light  # servers that the tests start
    socat              # what forwarding is compared with
    git                # the lint looks at tracked files only
    clang-19 clang-format-19 clang-tidy-19
    libclang-rt-19-dev # the fuzzers' runtime
)

image=(
    python3
    g++-aarch64-linux-gnu zlib1g-dev:arm64 libzstd-dev:arm64 libssl-dev:arm64
    qemu-user-static   # to see the foreign program run
)

case "${1:-}" in
    build) packages=("${build[@]}") ;;
    demo) packages=("${build[@]}" "${demo[@]}") ;;
    test) packages=("${build[@]}" "${demo[@]}" "${tests[@]}" "${image[@]}" libseccomp-dev:arm64) ;;
    image) packages=("${build[@]}" "${image[@]}") ;;
    *)
        echo "usage: install.sh build|demo|test|image" >&2
        exit 2
        ;;
esac

missing=()
installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n${Package}:${Architecture} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
for package in "${packages[@]}"; do
    grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
# kubectl of Debian 13, unpacked beside the system and not installed into it: Debian 12's is older
# than every server that has ephemeral containers. The one package needs nothing but libc, and a
# list of another suite in apt's own configuration would offer its libraries to everything else.
fetch_kubectl() {
    local cache=/var/cache/limpet-tests/kubectl work uri
    local key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ ! -x "$cache/usr/bin/kubectl" ] || return 0
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
        'Codename: bookworm' | head -n 1)
    work=$(mktemp -d)
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    echo "deb [arch=$(dpkg --print-architecture) signed-by=$key] ${uri:?no Debian 12 in the sources} trixie main" >"$work/sources.list"
    local apt=(apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root
        -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State::Lists="$work/lists" -o Dir::State::status=/dev/null
        -o Dir::Cache="$work/cache")
    echo "fetching: kubectl of Debian 13"
    (cd "$work" && "${apt[@]}" update && "${apt[@]}" download kubectl) >"$work/log" 2>&1 || {
        tail -n 30 "$work/log" >&2
        return 1
    }
    rm -rf "$cache"
    mkdir -p "$cache"
    dpkg -x "$work"/kubectl_*.deb "$cache"
    rm -rf "$work"
}

others() { [ "$1" != test ] || fetch_kubectl; }

[ ${#missing[@]} -gt 0 ] || { others "$1"; exit; }

if [ "$(id -u)" -ne 0 ]; then
    echo "install.sh: not root, cannot install: ${missing[*]}" >&2
    exit 1
fi
echo "installing: ${missing[*]}"
# apt must know of the other architecture before it can be asked for its libraries.
[[ "${missing[*]}" != *:arm64* ]] || dpkg --add-architecture arm64
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=(apt-get -y -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
# A third-party list that is out of reach must not stop us: what counts is the install below.
"${apt[@]}" update >"$log" 2>&1 || echo "install.sh: apt-get update reported problems, going on" >&2
if ! "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "install.sh: apt-get install failed" >&2
    exit 1
fi
others "$1"
