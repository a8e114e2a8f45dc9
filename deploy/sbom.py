#!/usr/bin/env python3
# sbom.py - what is linked into the programs, as an SPDX 2.3 document (JSON).
#
#   deploy/sbom.py [-b BUILD] [-o FILE] [PROGRAM...]    limpet-agent and limpet of build by default
#
# Two sources: the linker's list of the files that it read (PROGRAM.inputs in the build folder), and
# the compiler's of the headers (Boost, spdlog and fmt are nothing else). The Debian package that each
# of them is from is named with its version and that of its source. A file of nobody's ends it. The
# same build gives the same bytes: the time is SOURCE_DATE_EPOCH's (that of the program without).
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse

LICENCE = "Apache-2.0"
MACHINES = {62: "amd64", 183: "arm64"}  # e_machine of elf(5)
FIELDS = ("binary:Package", "Version", "Architecture", "source:Package", "source:Version")


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"sbom.py: {words[0]} {words[1]}: {done.stderr.strip()}")
    return done.stdout


def linked(build, program):
    """Archives and start files; what is in the build folder is our own."""
    try:
        with open(os.path.join(build, f"{program}.inputs")) as file:
            words = file.read().split("\n\n")[0].replace("\\\n", " ").split()[1:]
    except OSError as error:
        sys.exit(f"sbom.py: {error.filename}: {error.strerror} (it is written when {program} is linked)")
    objects = {word for word in words if word.startswith("CMakeFiles/")}
    return objects, {os.path.realpath(word) for word in words if word.startswith("/usr/")}


def included(build, objects):
    """Headers of the system that these objects were compiled with, and our archives with them."""
    headers, wanted = set(), False
    for line in run("ninja", "-C", build, "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            name = line.split(":")[0]
            ahead = name.startswith("CMakeFiles/") and ".gch" in name  # not those of the tests
            wanted = name in objects or name.startswith("CMakeFiles/digest.dir/") or ahead
        elif wanted and line.strip().startswith("/usr/"):
            headers.add(os.path.realpath(line.strip()))
    return headers


def architecture(path):
    with open(path, "rb") as file:
        machine = int.from_bytes(file.read(20)[18:], "little")
    return MACHINES.get(machine) or sys.exit(f"sbom.py: {path}: a program for machine {machine}")


def owners(paths, arch):
    """Package -> its files among these. A header may be of several architectures' packages."""
    found, left = {}, set(paths)
    for line in run("dpkg", "-S", *sorted(paths)).splitlines() if paths else ():
        packages, _, path = line.partition(": ")
        if path in left:
            left.discard(path)
            names = packages.split(", ")
            name = next((name for name in names if name.endswith(f":{arch}")), names[0])
            found.setdefault(name, []).append(path)
    if left:
        sys.exit(f"sbom.py: no package has {sorted(left)[0]}")
    return found


def identifier(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]", "-", name)


def package(name, files):
    form = "\\t".join(f"${{{field}}}" for field in FIELDS)
    full, version, arch, source, source_version = run(
        "dpkg-query", "-W", f"-f={form}\\n", name).splitlines()[0].split("\t")
    plain = full.split(":")[0]
    quote = urllib.parse.quote
    archives = sorted({os.path.basename(path) for path in files if path.endswith((".a", ".o"))})
    entry = {
        "SPDXID": identifier(f"{plain}-{arch}"), "name": plain, "versionInfo": version,
        "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built by Debian from the source package {source} {source_version}",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{quote(plain)}@{quote(version, '')}?arch={arch}"}],
    }
    if archives:
        entry["comment"] = "linked from " + ", ".join(archives)
    return entry


def ours(path, name, version):
    with open(path, "rb") as file:
        data = file.read()
    return {
        "SPDXID": identifier(name), "name": name, "versionInfo": version,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": LICENCE,
        "licenseDeclared": LICENCE, "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "APPLICATION",
        "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
    }


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def document(build, programs):
    with open(os.path.join(build, "CMakeCache.txt")) as cache:
        version = re.search(r"^CMAKE_PROJECT_VERSION:\w+=(.*)$", cache.read(), re.M).group(1)
    own, others, relations, newest = [], {}, [], 0
    for program in programs:
        path = os.path.join(build, "bin", program)
        own.append(ours(path, program, version))
        newest = max(newest, int(os.stat(path).st_mtime))
        relations.append(relation("SPDXRef-DOCUMENT", "DESCRIBES", identifier(program)))
        objects, archives = linked(build, program)
        parts = owners(archives | included(build, objects), architecture(path))
        for name, files in sorted(parts.items()):
            entry = package(name, files)
            known = others.setdefault(entry["SPDXID"], entry)
            if "comment" in entry:
                known["comment"] = max(known.get("comment", ""), entry["comment"], key=len)
                relations.append(relation(identifier(program), "STATIC_LINK", entry["SPDXID"]))
            else:  # headers alone
                relations.append(
                    relation(entry["SPDXID"], "BUILD_DEPENDENCY_OF", identifier(program)))
    when = int(os.environ.get("SOURCE_DATE_EPOCH", newest))
    digest = hashlib.sha256("".join(p["checksums"][0]["checksumValue"] for p in own).encode())
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"limpet-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/limpet-{version}-{digest.hexdigest()}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)),
                         "creators": ["Tool: limpet-sbom"]},
        "packages": own + [others[key] for key in sorted(others)],
        "relationships": relations,
    }


def main():
    parser = argparse.ArgumentParser(description="what is linked into the programs, as SPDX 2.3")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", default=["limpet-agent", "limpet"])
    parser.add_argument("-b", "--build", default="build")
    parser.add_argument("-o", "--output")
    options = parser.parse_args()
    text = json.dumps(document(options.build, options.programs), indent=1) + "\n"
    if options.output:
        with open(options.output, "w") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
