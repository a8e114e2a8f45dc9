# image.py - the image of both architectures, of the agents as they were built: read as a registry would.
import gzip
import hashlib
import io
import json
import os
import shutil
import struct
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, case, check, equal, main, must, run, scratch  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "../../deploy/image/build.py")
PROGRAMS = {"amd64": AGENT, "arm64": os.path.abspath(os.path.join(HERE, "../../build-arm64/bin/limpet-agent"))}
MACHINES = {"amd64": 62, "arm64": 183}
if not os.path.exists(PROGRAMS["arm64"]):
    print("skip image: no build-arm64")
    sys.exit(77)


def build(name, *agents, **env):
    path = scratch(name)
    must(sys.executable, SCRIPT, "-o", path, "--name", "limpet:test", "--version", "1.2", *agents,
         env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **env})
    with open(path, "rb") as file:
        return file.read()


ARCHIVE = build("both.tar", *PROGRAMS.values())
FILES = {}
with tarfile.open(fileobj=io.BytesIO(ARCHIVE)) as _tar:
    for _member in _tar:
        if _member.isfile():
            FILES[_member.name] = _tar.extractfile(_member).read()


def blob(descriptor):
    """What a descriptor points to, as long as it says and with that digest."""
    algorithm, digest = descriptor["digest"].split(":")
    data = FILES[f"blobs/{algorithm}/{digest}"]
    equal((len(data), hashlib.sha256(data).hexdigest()), (descriptor["size"], digest))
    return data


def manifests():
    index = json.loads(FILES["index.json"])["manifests"]
    equal(len(index), 1, "one image")
    listed = json.loads(blob(index[0]))["manifests"]
    return {entry["platform"]["architecture"]: (entry["platform"], json.loads(blob(entry))) for entry in listed}


@case
def one_index_with_a_manifest_for_each():
    found = manifests()
    equal(sorted(found), ["amd64", "arm64"])
    for arch, (platform, manifest) in found.items():
        equal((platform["os"], platform["architecture"]), ("linux", arch))
        config = json.loads(blob(manifest["config"]))
        equal((config["architecture"], config["os"]), (arch, "linux"))
        equal(config["config"]["User"], "65532:65532")
        layer = gzip.decompress(blob(manifest["layers"][0]))
        equal(config["rootfs"]["diff_ids"], [f"sha256:{hashlib.sha256(layer).hexdigest()}"])


@case
def each_layer_has_its_own_program_with_permitted_capabilities():
    for arch, (_, manifest) in manifests().items():
        layer = gzip.decompress(blob(manifest["layers"][0]))
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            member = tar.getmember("limpet-agent")
            program = tar.extractfile(member).read()
            equal(oct(tar.getmember("tmp").mode), "0o1777")
        equal((oct(member.mode), member.uid), ("0o2755", 0))
        with open(PROGRAMS[arch], "rb") as file:
            check(program == file.read(), f"{arch}: another program than was given")
        equal(struct.unpack_from("<H", program, 18)[0], MACHINES[arch])
        value = member.pax_headers["SCHILY.xattr.security.capability"].encode("utf-8", "surrogateescape")
        revision, low, _, high, _ = struct.unpack("<IIIII", value)
        # VFS_CAP_REVISION_2 without the effective bit: permitted, all that there are.
        equal((hex(revision), low | high << 32), ("0x2000000", (1 << 41) - 1), arch)


@case
def the_program_starts_from_the_layer():
    _, manifest = manifests()["arm64"]
    root = scratch("root")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(manifest["layers"][0])))) as tar:
        tar.extract("limpet-agent", root, set_attrs=False)
    program = os.path.join(root, "limpet-agent")
    os.chmod(program, 0o755)
    qemu = shutil.which("qemu-aarch64-static")
    equal(run(qemu, program, "sh", "-c", "seq 3 | wc -l").out, b"3\n")


@case
def two_runs_give_the_same_bytes_and_the_order_does_not_count():
    check(build("again.tar", *PROGRAMS.values()) == ARCHIVE, "another archive")
    check(build("turned.tar", *reversed(PROGRAMS.values())) == ARCHIVE, "the order of the programs shows")
    check(build("later.tar", *PROGRAMS.values(), SOURCE_DATE_EPOCH="1700000001") != ARCHIVE, "no time in it")


main()
