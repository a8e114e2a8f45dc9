# sbom.py - the list of what is linked in: complete, valid SPDX 2.3, the same each time, and no guess.
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, CLIENT, case, check, equal, main, must, run, scratch  # noqa: E402

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/sbom.py")
BUILD = os.path.dirname(os.path.dirname(AGENT))
STATIC = {"libc6-dev", "libgcc-12-dev", "libstdc++-12-dev", "libzstd-dev", "zlib1g-dev"}
HEADERS = {"libboost1.81-dev", "libfmt-dev", "libspdlog-dev"}


def document(name):
    return json.loads(must(sys.executable, SCRIPT, "-b", BUILD, name))


def names(found, kind):
    by_id = {package["SPDXID"]: package["name"] for package in found["packages"]}
    ends = ("spdxElementId", "relatedSpdxElement")
    return {by_id[relation[end]] for relation in found["relationships"] for end in ends
            if relation["relationshipType"] == kind and relation[end] in by_id}


@case
def the_agent_holds_what_it_is_linked_from():
    found = document("limpet-agent")
    static = names(found, "STATIC_LINK") - {"limpet-agent"}
    with open(os.path.join(BUILD, "CMakeCache.txt")) as cache:
        tls = "LIMPET_TLS:BOOL=ON" in cache.read()
    equal(static, STATIC | ({"libssl-dev"} if tls else set()))
    check(HEADERS <= names(found, "BUILD_DEPENDENCY_OF"), names(found, "BUILD_DEPENDENCY_OF"))
    # What only the tests use is no part of it.
    check(not {"libseccomp-dev", "catch2"} & {p["name"] for p in found["packages"]}, "more than is linked")


@case
def versions_are_those_of_the_packages():
    for package in document("limpet-agent")["packages"]:
        if package["name"] == "limpet-agent":
            continue
        arch = package["SPDXID"].rsplit("-", 1)[1]
        name = package["name"] + ("" if arch == "all" else f":{arch}")
        equal(package["versionInfo"], must("dpkg-query", "-W", "-f=${Version}", name), name)
    # And of what the library says of itself.
    version = next(p["versionInfo"] for p in document("limpet-agent")["packages"] if p["name"] == "zlib1g-dev")
    upstream = re.sub(r"^\d+:", "", version).split(".dfsg")[0].split("-")[0]
    with open(AGENT, "rb") as file:
        check(upstream.encode() in file.read(), f"zlib {upstream} does not name itself in the agent")


@case
def the_document_is_spdx_2_3():
    found = json.loads(must(sys.executable, SCRIPT, "-b", BUILD))
    equal((found["spdxVersion"], found["dataLicense"], found["SPDXID"]),
          ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["creationInfo"]["created"]), "no time")
    check(re.fullmatch(r"https?://[^#]+", found["documentNamespace"]), found["documentNamespace"])
    ids = [package["SPDXID"] for package in found["packages"]]
    equal(len(ids), len(set(ids)), "every name once")
    for package in found["packages"]:
        check(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]), package["SPDXID"])
        check({"name", "downloadLocation", "versionInfo", "filesAnalyzed"} <= set(package), package)
    for relation in found["relationships"]:
        for end in "spdxElementId", "relatedSpdxElement":
            check(relation[end] in [*ids, "SPDXRef-DOCUMENT"], relation)
    described = [r["relatedSpdxElement"] for r in found["relationships"] if r["relationshipType"] == "DESCRIBES"]
    equal(described, ["SPDXRef-limpet-agent", "SPDXRef-limpet"])
    for package, path in zip(found["packages"], (AGENT, CLIENT)):
        digest = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
        equal(package["checksums"], [{"algorithm": "SHA256", "checksumValue": digest}])


@case
def the_same_build_gives_the_same_document():
    equal(document("limpet-agent"), document("limpet-agent"))


@case
def a_library_of_nobody_ends_it():
    """Linked from /usr/local, say."""
    build = scratch("build")
    os.makedirs(os.path.join(build, "bin"))
    for name in "CMakeCache.txt", "bin/limpet-agent", "build.ninja", ".ninja_deps", ".ninja_log":
        shutil.copy(os.path.join(BUILD, name), os.path.join(build, name))
    os.makedirs(os.path.join(build, "CMakeFiles"))
    shutil.copy(os.path.join(BUILD, "CMakeFiles/rules.ninja"), os.path.join(build, "CMakeFiles/rules.ninja"))
    with open(os.path.join(BUILD, "limpet-agent.inputs")) as file:
        text = file.read()
    with open(os.path.join(build, "limpet-agent.inputs"), "w") as file:
        file.write(text.replace("libz.a", "libforeign.a"))
    done = run(sys.executable, SCRIPT, "-b", build, "limpet-agent")
    check(done.returncode == 1 and b"libforeign.a" in done.err, done.err)


main()
