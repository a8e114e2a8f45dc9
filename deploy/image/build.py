#!/usr/bin/env python3
# build.py - the container image, without a daemon: one file that docker, podman and ctr all load.
#
#   build.py -o limpet.tar [--name limpet:latest] [--version V] [--revision R] AGENT...
#
# Each AGENT is one static limpet-agent; its ELF header says for which architecture. The archive is an
# OCI image layout (`podman load`, `ctr images import`, `skopeo copy oci-archive:`), and has the
# manifest.json of `docker save` in it for Docker before 25 (one image: the architecture of --docker,
# by default that of this machine). The same input gives the same bytes: times are
# SOURCE_DATE_EPOCH's (0 without), names are sorted, gzip has neither name nor time.
import argparse
import gzip
import hashlib
import io
import json
import os
import platform
import struct
import sys
import tarfile
import time

MACHINES = {62: "amd64", 183: "arm64"}  # e_machine of elf(5)
USER = 65532  # nobody's, as distroless images have it
GROUP = 65533  # the program's own, other than USER's: an exec of it cannot be traced (docs/ephemeral.md)
# VFS_CAP_REVISION_2, effective bit unset: 41 capabilities permitted, as many of them as the
# container has. The program raises them itself; under no_new_privs they are ignored.
CAPABILITIES = struct.pack("<IIIII", 0x02000000, 0xFFFFFFFF, 0, 0x1FF, 0)
DESCRIPTION = "Debugger for containers without a shell: its own shell and commands in one static file"
OCI = "application/vnd.oci.image."


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def architecture(program):
    if program[:4] != b"\x7fELF" or program[4] != 2:
        sys.exit("build.py: not a 64-bit ELF program")
    machine = struct.unpack_from("<H", program, 18)[0]
    if machine not in MACHINES:
        sys.exit(f"build.py: a program for machine {machine}, which no image is made for")
    offset, size, count = (struct.unpack_from("<Q", program, 32)[0],
                           *struct.unpack_from("<HH", program, 54))
    # A program header of type PT_INTERP: it would need libraries, and the image has none.
    if any(struct.unpack_from("<I", program, offset + i * size)[0] == 3 for i in range(count)):
        sys.exit("build.py: the program is not static")
    return MACHINES[machine]


def entry(name, kind, mode, when, owner=(0, 0), size=0, link="", attributes=None):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime, info.size, info.linkname = kind, mode, when, size, link
    info.uid, info.gid = owner
    # tarfile reads header values as UTF-8 with surrogates, which is how bytes get through.
    info.pax_headers = attributes or {}
    return info


def layer(program, when):
    """The one layer, uncompressed."""
    out = io.BytesIO()
    capability = CAPABILITIES.decode("latin-1")
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("bin", "dev", "etc", "proc", "sys"):
            tar.addfile(entry(name, tarfile.DIRTYPE, 0o755, when))
        for name in ("limpet-agent", "sh"):
            tar.addfile(entry(f"bin/{name}", tarfile.SYMTYPE, 0o777, when, link="/limpet-agent"))
        passwd = f"root:x:0:0:root:/:/bin/sh\nlimpet:x:{USER}:{USER}:limpet:/:/bin/sh\n".encode()
        tar.addfile(entry("etc/passwd", tarfile.REGTYPE, 0o644, when, size=len(passwd)),
                    io.BytesIO(passwd))
        # A record of "SCHILY.xattr.*" holds raw bytes, which tarfile cannot write: by hand.
        out.seek(tar.offset)
        info = entry("limpet-agent", tarfile.REGTYPE, 0o2755, when, (0, GROUP), len(program))
        blocks = pax_header("limpet-agent", {"SCHILY.xattr.security.capability": CAPABILITIES}, when)
        blocks += info.tobuf(tarfile.USTAR_FORMAT)
        blocks += program + b"\0" * (-len(program) % tarfile.BLOCKSIZE)
        out.write(blocks)
        tar.offset += len(blocks)
        tar.addfile(entry("tmp", tarfile.DIRTYPE, 0o1777, when))
    return out.getvalue()


def pax_header(name, records, when):
    body = b""
    for key, value in records.items():
        rest = b" " + key.encode() + b"=" + value + b"\n"
        # The length counts its own digits.
        size = len(rest) + len(str(len(rest)))
        size = len(rest) + len(str(size))
        body += str(size).encode() + rest
    info = entry(f"PaxHeaders/{name}", b"x", 0o644, when, size=len(body))
    return info.tobuf(tarfile.USTAR_FORMAT) + body + b"\0" * (-len(body) % tarfile.BLOCKSIZE)


def config(arch, diff_id, options, created):
    labels = {"title": "limpet", "description": DESCRIPTION, "version": options.version,
              "revision": options.revision, "created": created, "licenses": options.licenses,
              "source": options.source, "url": options.source, "documentation": options.source,
              "vendor": options.vendor}
    return {
        "architecture": arch, "os": "linux", "created": created,
        "config": {
            "User": f"{USER}:{USER}", "WorkingDir": "/",
            "Env": ["PATH=/bin", "LIMPET_TARGET=pod"],
            "Entrypoint": ["/limpet-agent"],
            "Labels": {f"org.opencontainers.image.{key}": value
                       for key, value in labels.items() if value},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
        "history": [{"created": created, "created_by": "limpet deploy/image/build.py"}],
    }


def descriptor(media, data, **more):
    return {"mediaType": media, "digest": f"sha256:{sha256(data)}", "size": len(data), **more}


def parse():
    parser = argparse.ArgumentParser(description="build the limpet image without a daemon")
    parser.add_argument("agents", nargs="+", metavar="AGENT")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--name", default="limpet:latest")
    parser.add_argument("--version", default="")
    parser.add_argument("--revision", default="")
    parser.add_argument("--source", default="")
    parser.add_argument("--vendor", default="")
    parser.add_argument("--licenses", default="")
    parser.add_argument("--docker", metavar="ARCH", help="what Docker before 25 loads")
    return parser.parse_args()


def main():
    options = parse()
    when = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    native = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
    blobs, manifests, images = {}, [], {}
    for path in options.agents:
        with open(path, "rb") as file:
            program = file.read()
        arch = architecture(program)
        if arch in images:
            sys.exit(f"build.py: two programs for {arch}")
        plain = layer(program, when)
        packed = gzip.compress(plain, 9, mtime=0)
        settings = compact(config(arch, sha256(plain), options, created))
        manifest = compact({
            "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "config": descriptor(OCI + "config.v1+json", settings),
            "layers": [descriptor(OCI + "layer.v1.tar+gzip", packed)]})
        for data in (packed, settings, manifest):
            blobs[sha256(data)] = data
        images[arch] = (sha256(settings), sha256(packed))
        manifests.append(descriptor(OCI + "manifest.v1+json", manifest,
                                    platform={"architecture": arch, "os": "linux"}))
    manifests.sort(key=lambda one: one["platform"]["architecture"])
    name = options.name if "/" in options.name else f"docker.io/library/{options.name}"
    marks = {"io.containerd.image.name": name,
             "org.opencontainers.image.ref.name": options.name.rpartition(":")[2]}
    if len(manifests) > 1:
        index = compact({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                         "manifests": manifests})
        blobs[sha256(index)] = index
        top = descriptor(OCI + "index.v1+json", index)
    else:
        top = manifests[0]
    chosen = options.docker or (native if native in images else next(iter(images)))
    settings, packed = images[chosen]
    files = {f"blobs/sha256/{digest}": data for digest, data in blobs.items()}
    files["index.json"] = compact({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                                   "manifests": [{**top, "annotations": marks}]})
    files["oci-layout"] = compact({"imageLayoutVersion": "1.0.0"})
    files["manifest.json"] = compact([{"Config": f"blobs/sha256/{settings}",
                                       "RepoTags": [options.name],
                                       "Layers": [f"blobs/sha256/{packed}"]}])
    with open(options.output, "wb") as out, \
            tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in ("blobs", "blobs/sha256"):
            tar.addfile(entry(folder, tarfile.DIRTYPE, 0o755, when))
        for path in sorted(files):
            tar.addfile(entry(path, tarfile.REGTYPE, 0o644, when, size=len(files[path])),
                        io.BytesIO(files[path]))
    for one in manifests:
        print(f"{one['platform']['architecture']} {one['digest']}")
    print(f"image {top['digest']} {options.output}")


main()
