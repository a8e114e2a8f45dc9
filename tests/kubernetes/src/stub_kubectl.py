# stub_kubectl.py - a kubectl that answers from a file, with the texts of real servers.
import fcntl
import json
import os
import sys
import time

folder = os.environ["STUB_FOLDER"]
lock = open(f"{folder}/lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
with open(f"{folder}/state") as file:
    state = json.load(file)
words = sys.argv[1:]
state["calls"].append(words)
scenario = state["scenario"]


def save():
    # In one step: the test reads it meanwhile.
    with open(f"{folder}/state.new", "w") as file:
        json.dump(state, file)
    os.rename(f"{folder}/state.new", f"{folder}/state")
    fcntl.flock(lock, fcntl.LOCK_UN)


def fail(text, status=1):
    save()
    sys.stderr.write(text + "\n")
    sys.exit(status)


def done(text=""):
    save()
    sys.stdout.write(text)
    sys.exit(0)


namespace, plain, at = "shop", [], 0
while at < len(words) and words[at] != "--":
    if words[at].startswith("--namespace="):
        namespace = words[at].split("=", 1)[1]
    elif not words[at].startswith(("--context=", "--kubeconfig=")):
        plain.append(words[at])
    at += 1
command = words[at + 1:]


def find(name):
    for pod in state["pods"]:
        if pod["metadata"]["name"] == name and pod["metadata"]["namespace"] == namespace:
            return pod
    fail(f'Error from server (NotFound): pods "{name}" not found')


def forbidden(verb, resource):
    # As kubectl 1.36 says it: a refused upgrade has no reason in brackets.
    begin = ("error: unable to upgrade connection" if resource == "pods/exec" else
             "Error from server (Forbidden)")
    if [verb, resource] in scenario.get("forbidden", []):
        fail(f'{begin}: pods "web" is forbidden: User "jane" cannot {verb} '
             f'resource "{resource}" in API group "" in the namespace "{namespace}"')


def level_of(container):
    context = container.get("securityContext", {})
    if context.get("privileged") or context.get("capabilities", {}).get("add"):
        return 2
    return 0 if context.get("runAsNonRoot") else 1


def admit(container):
    allowed = {"privileged": 2, "baseline": 1, "restricted": 0}[scenario.get("enforce",
                                                                             "privileged")]
    if level_of(container) > allowed:
        fail("Warning: would violate PodSecurity\n"
             f'Error from server (Forbidden): pods "web" is forbidden: violates PodSecurity '
             f'"{scenario["enforce"]}:latest": non-default capabilities (container '
             f'"{container["name"]}" must not include "SYS_PTRACE" in '
             "securityContext.capabilities.add)")


def add(pod, container):
    pod["spec"].setdefault("ephemeralContainers", []).append(container)
    status = {"name": container["name"], "image": container["image"]}
    status["state"] = scenario.get("started", {"running": {"startedAt": "2026-01-02T03:04:06Z"}})
    pod["status"].setdefault("ephemeralContainerStatuses", []).append(status)


verb = plain[0]
if verb == "version":
    done(json.dumps({"clientVersion": {"major": "1", "minor": scenario.get("minor", "36")}},
                    indent=2))
if verb == "get" and plain[1] == "pod":
    forbidden("get", "pods")
    done(json.dumps(find(plain[2])))
if verb == "get" and plain[1] == "pods":
    forbidden("list", "pods")
    wanted = [word.split("=", 1)[1] for word in plain if word.startswith("--selector=")]
    found = [pod for pod in state["pods"] if "limpet,app" not in "".join(plain) and
             (not wanted or wanted[0] in [f"{key}={value}" for key, value in
                                          pod["metadata"].get("labels", {}).items()])]
    done(json.dumps({"kind": "List", "items": found}))
if verb == "get" and plain[1] == "namespaces":
    done("namespace/shop\nnamespace/ops\nnamespace/a b$(id)\n")
if verb == "config" and plain[1] == "get-contexts":
    done("here\nthere\n")
if verb == "patch":
    if int(scenario.get("minor", "36")) < 32:
        fail("error: invalid subresource value: \"ephemeralcontainers\". "
             "Must be one of [status scale]")
    forbidden("patch", "pods/ephemeralcontainers")
    pod = find(plain[2])
    for container in json.loads(plain[plain.index("-p") + 1])["spec"]["ephemeralContainers"]:
        admit(container)
        add(pod, container)
    done(f"pod/{plain[2]}\n")
if verb == "replace":
    forbidden("update", "pods/ephemeralcontainers")
    sent = json.load(sys.stdin)
    pod = find(plain[2].split("/")[6])
    if scenario.get("conflicts", 0) > 0:
        scenario["conflicts"] -= 1
        fail('Error from server (Conflict): Operation cannot be fulfilled on pods "web": the '
             "object has been modified; please apply your changes to the latest version and try "
             "again")
    container = sent["spec"]["ephemeralContainers"][-1]
    admit(container)
    add(pod, container)
    done(json.dumps(pod))
if verb == "create":
    forbidden("create", "pods")
    made = json.load(sys.stdin)
    made["metadata"].setdefault("namespace", namespace)
    if made["metadata"]["name"] in [pod["metadata"]["name"] for pod in state["pods"]]:
        fail(f'Error from server (AlreadyExists): error when creating "STDIN": pods '
             f'"{made["metadata"]["name"]}" already exists')
    made["status"] = {"phase": "Running", "containerStatuses": [
        {"name": each["name"], "restartCount": 0,
         "state": scenario.get("started", {"running": {"startedAt": "2026-01-02T03:04:06Z"}})}
        for each in made["spec"]["containers"]]}
    state["pods"].append(made)
    done(f"pod/{made['metadata']['name']}\n")
if verb == "delete":
    kept = [pod for pod in state["pods"] if pod["metadata"]["name"] != plain[2]]
    gone = len(kept) < len(state["pods"])
    state["pods"] = kept
    done(f'pod "{plain[2]}" deleted\n' if gone else "")
if verb == "exec":
    forbidden("create", "pods/exec")
    if "exec" in scenario:
        fail(scenario["exec"])
    if command[1] == "id":
        done(json.dumps(scenario["target"], separators=(",", ":")))
    save()
    lock.close()
    time.sleep(scenario.get("delay", 0))
    os.execv(os.environ["LIMPET_AGENT"], ["limpet-agent", *command[1:]])
fail(f'error: unknown command "{verb}" for "kubectl"')
