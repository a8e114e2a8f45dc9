# images.py - the families of base image that people debug, made here without any registry.
#
#   full     a Debian with the tools of a server      app linked to glibc
#   slim     Debian's minbase                         app linked to glibc
#   alpine   musl, and a busybox for its shell        app linked to musl
#   distroless  libc, certificates, time zones; no shell  app linked to glibc
#   scratch  one static file
#
# Trees are kept in /var/cache/limpet-tests; `python3 images.py` alone fills it.
import os
import shutil
import subprocess
import sys
import tempfile

CACHE = os.environ.get("LIMPET_TEST_CACHE", "/var/cache/limpet-tests")
HERE = os.path.dirname(os.path.abspath(__file__))
FAMILIES = ("full", "slim", "alpine", "distroless", "scratch")
# A change of what is below must not find the trees of before.
EDITION = "1"
SUITE = "bookworm"
FULL = "bash-completion,curl,iproute2,less,perl,procps,python3-minimal,vim-tiny"
DISTROLESS = ("base-files", "ca-certificates", "libc6", "libgcc-s1", "netbase", "tzdata")
APPLETS = "ash cat cp echo grep head ls mkdir mount ping ps rm sh sleep stat vi wget".split()


def command(*argv, **options):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)
    if done.returncode != 0:
        text = done.stdout.decode(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(argv)}: {done.returncode}: {text}")
    return done.stdout.decode(errors="replace")


def build_app(out, compiler="gcc", *flags):
    command(compiler, "-O2", "-Wall", "-Wextra", *flags, "-o", out, os.path.join(HERE, "app.c"))


def mirror():
    """Where this machine takes Debian from."""
    for line in command("apt-get", "indextargets", "--format",
                        "$(CODENAME) $(COMPONENT) $(REPO_URI)").splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[:2] == [SUITE, "main"]:
            return fields[2]
    return "http://deb.debian.org/debian"


def debootstrap(tree, *options):
    command("debootstrap", "--variant=minbase", *options, SUITE, tree, mirror(), timeout=900)
    shutil.rmtree(f"{tree}/var/cache/apt", ignore_errors=True)
    shutil.rmtree(f"{tree}/var/lib/apt/lists", ignore_errors=True)


def unpack(tree, *packages):
    """Packages as dpkg -x leaves them: files, and no script was run."""
    with tempfile.TemporaryDirectory(prefix="limpet-debs.") as folder:
        # apt fetches as a user of its own.
        os.chmod(folder, 0o777)
        try:
            command("apt-get", "-q", "download", *packages, cwd=folder, timeout=300)
        except RuntimeError:
            command("apt-get", "-q", "update", timeout=300)
            command("apt-get", "-q", "download", *packages, cwd=folder, timeout=300)
        for name in sorted(os.listdir(folder)):
            command("dpkg", "-x", os.path.join(folder, name), tree)


def mount_points(tree):
    for name in ("dev", "proc", "sys", "etc", "tmp"):
        os.makedirs(f"{tree}/{name}", exist_ok=True)
    os.chmod(f"{tree}/tmp", 0o1777)


def make_full(tree):
    debootstrap(tree, f"--include={FULL}")
    build_app(f"{tree}/app")


def make_slim(tree):
    debootstrap(tree)
    build_app(f"{tree}/app")


def make_alpine(tree):
    # Debian's busybox is linked to glibc, which thus has to come along; the application is musl's.
    unpack(tree, "musl", "busybox", "libc6", "base-files", "netbase")
    os.makedirs(f"{tree}/bin", exist_ok=True)
    for name in APPLETS:
        os.symlink("busybox", f"{tree}/bin/{name}")
    mount_points(tree)
    with open(f"{tree}/etc/passwd", "w") as file:
        file.write("root:x:0:0:root:/root:/bin/ash\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    build_app(f"{tree}/app", "musl-gcc")


def make_distroless(tree):
    unpack(tree, *DISTROLESS)
    mount_points(tree)
    with open(f"{tree}/etc/passwd", "w") as file:
        file.write("root:x:0:0:root:/root:/sbin/nologin\n"
                   "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")
    build_app(f"{tree}/app")


def make_scratch(tree):
    build_app(f"{tree}/app", "gcc", "-static")


def tree(family):
    """The family's file tree, from the cache or made now."""
    path = os.path.join(CACHE, f"{family}-{EDITION}")
    if not os.path.isdir(path):
        os.makedirs(CACHE, mode=0o755, exist_ok=True)
        # Under its name only when whole: a killed run leaves nothing that looks finished.
        half = tempfile.mkdtemp(prefix=f"{family}.half.", dir=CACHE)
        try:
            os.chmod(half, 0o755)
            globals()[f"make_{family}"](half)
            os.rename(half, path)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
    return path


def load(family, name):
    """The family as an image of the Docker daemon; its id."""
    pack = subprocess.Popen(["tar", "--numeric-owner", "-C", tree(family), "-c", "."],
                            stdout=subprocess.PIPE)
    done = subprocess.run(["docker", "import", "-c", 'ENTRYPOINT ["/app"]', "-", name],
                          stdin=pack.stdout, capture_output=True, check=False)
    pack.stdout.close()
    if pack.wait() != 0 or done.returncode != 0:
        raise RuntimeError(f"docker import of {family}: {done.stderr.decode().strip()}")
    return done.stdout.decode().strip()


if __name__ == "__main__":
    for family in sys.argv[1:] or FAMILIES:
        print(family, tree(family), flush=True)
