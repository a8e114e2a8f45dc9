# manifests.py - what deploy/ gives to a cluster is valid YAML and says what it should.
#
# The chart is rendered by a few lines here, which know substitutions only: Debian has no helm, and
# the chart uses nothing else.
import glob
import hashlib
import json
import os
import re
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import yaml
from limpet import CLIENT, Skip, case, check, equal, main, must, run, scratch

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
KUBECTL = os.environ.get("LIMPET_TEST_KUBECTL", "/var/cache/limpet-tests/kubectl/usr/bin/kubectl")
BASE = f"{ROOT}/deploy/kubernetes"
CHART = f"{ROOT}/deploy/helm/limpet"


def documents(text):
    return [each for each in yaml.safe_load_all(text) if each]


def by_name(values):
    return {(each["kind"], each["metadata"]["name"]): each for each in values}


def read(path):
    with open(path) as file:
        return file.read()


def rendered(values):
    def value(match):
        found = {"Values": values}
        for key in match[1].split(".")[1:]:
            found = found[key]
        return str(found)
    text = ""
    for path in sorted(glob.glob(f"{CHART}/templates/*.yaml")):
        text += "\n---\n" + re.sub(r"{{ (\.Values[.\w]+) }}", value, read(path))
    check("{{" not in text, "the chart uses more than substitutions")
    return documents(text)


def base():
    names = yaml.safe_load(read(f"{BASE}/kustomization.yaml"))["resources"]
    return [each for name in names for each in documents(read(f"{BASE}/{name}"))]


@case
def every_manifest_is_an_object_of_the_api():
    for path in glob.glob(f"{BASE}/*.yaml"):
        values = documents(read(path))
        check(values, f"{path} is empty")
        for value in values:
            check(value.get("apiVersion") and value.get("kind"), f"{path}: {value}")


@case
def kubectl_builds_the_base():
    if not os.access(KUBECTL, os.X_OK):
        raise Skip(f"no kubectl at {KUBECTL}")
    built = documents(must(KUBECTL, "kustomize", BASE))
    equal(by_name(built), by_name(base()))


@case
def the_chart_makes_the_same_objects_and_takes_its_values():
    values = yaml.safe_load(read(f"{CHART}/values.yaml"))
    equal(by_name(rendered(values)), by_name(base()))
    changed = by_name(rendered({**values, "image": "r.example/limpet:9", "namespace": "else"}))
    daemon = changed["DaemonSet", "limpet-node"]
    equal(daemon["metadata"]["namespace"], "else")
    equal(daemon["spec"]["template"]["spec"]["containers"][0]["image"], "r.example/limpet:9")
    check(("Namespace", "else") in changed, changed.keys())


@case
def the_daemonset_listens_nowhere_and_has_no_token():
    daemon = by_name(base())["DaemonSet", "limpet-node"]
    spec = daemon["spec"]["template"]["spec"]
    [container] = spec["containers"]
    check("ports" not in container and not spec.get("hostNetwork"), "it has a port")
    equal(spec["automountServiceAccountToken"], False)
    check(spec["hostPID"], "it cannot see the node's processes")
    context = container["securityContext"]
    check(context["readOnlyRootFilesystem"] and not context.get("privileged"), context)
    equal(context["capabilities"]["drop"], ["ALL"])
    equal(container["command"][:2], ["/limpet-agent", "hold"])
    equal(container["env"], [{"name": "LIMPET_TARGET", "value": "here"}])
    labels = daemon["spec"]["template"]["metadata"]["labels"]
    equal(labels, daemon["spec"]["selector"]["matchLabels"])
    source = read(f"{ROOT}/attach/kube/own_pod.cpp")
    for key, value in labels.items():
        check(f"{key}={value}" in source, f"the client does not look for {key}={value}")


@case
def roles_grant_what_the_client_does_and_no_more():
    roles = by_name(base())

    def rights(role):
        return {(resource, verb) for rule in roles["ClusterRole", role]["rules"]
                for resource in rule["resources"] for verb in rule["verbs"]}

    viewer, debugger, responder = map(rights, ("limpet-viewer", "limpet-debugger",
                                               "limpet-responder"))
    equal(viewer, {("pods", "get"), ("pods", "list")})
    equal(debugger - viewer, {("pods/ephemeralcontainers", "get"), ("pods/exec", "get"),
                              ("pods/ephemeralcontainers", "patch"), ("pods/exec", "create"),
                              ("pods/ephemeralcontainers", "update")})
    equal(responder - debugger, {("pods", "create"), ("pods", "delete")})


@case
def the_policy_example_allows_what_the_client_sends():
    policy = documents(read(f"{BASE}/admission-policy.yaml"))[0]
    rules = " ".join(each["expression"] for each in policy["spec"]["validations"])
    source = read(f"{ROOT}/attach/kube/manifest.h")
    path, ttl = re.search(r'agent_path = "(.*)"', source)[1], re.search(r'live = "(.*)"', source)[1]
    check(json.dumps([path, "hold", "--ttl", ttl]).replace('"', "'") in rules, rules)


@case
def krew_gets_an_archive_and_its_manifest():
    out = scratch("krew")
    must(f"{ROOT}/deploy/krew/make.sh", CLIENT, "0.1.0", "https://example.org/r", out)
    plugin = yaml.safe_load(read(f"{out}/limpet.yaml"))
    equal((plugin["kind"], plugin["metadata"]["name"]), ("Plugin", "limpet"))
    [platform] = plugin["spec"]["platforms"]
    archive = f"{out}/{platform['uri'].rpartition('/')[2]}"
    with open(archive, "rb") as file:
        equal(hashlib.sha256(file.read()).hexdigest(), platform["sha256"])
    with tarfile.open(archive) as tar:
        equal(sorted(tar.getnames()), sorted(each["from"] for each in platform["files"]))
        tar.extract(platform["bin"], scratch("unpacked"))
    done = run(scratch("unpacked") + "/kubectl-limpet", "help")
    check(done.returncode == 0 and b"usage: kubectl limpet" in done.out, done)


if __name__ == "__main__":
    main()
