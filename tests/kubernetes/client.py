# client.py - the client in a cluster, against a kubectl that follows a script.
import json
import os
import signal

from kubernetes import Cluster, container, pod, refused, running
from limpet import CLIENT, Terminal, case, check, environment, equal, main, must, run, scratch, start
from limpet import until


def context_of(debugger):
    return debugger["securityContext"]


@case
def a_command_runs_beside_the_pod_and_its_status_comes_back():
    cluster = Cluster()
    done = cluster.limpet("exec", "web", "--", "sh", "-c",
                          'read -r line; echo "$line"; echo no >&2; exit 7', input=b"in put\n")
    equal((done.returncode, done.out), (7, b"in put\n"), done.err)
    check(b"limpet: shop/web: starts limpet-" in done.err and b"no\n" in done.err, done.err)
    [debugger] = cluster.debuggers()
    equal(debugger["targetContainerName"], "app")
    equal(debugger["image"], "limpet:test")
    equal(debugger["command"], ["/limpet-agent", "hold", "--ttl", "8h"])
    equal(debugger["env"], [{"name": "LIMPET_PROFILE", "value": "general"},
                            {"name": "LIMPET_TARGET", "value": "pod"}])
    equal(context_of(debugger), {"runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": False,
                                 "capabilities": {"add": ["SYS_PTRACE"]}})
    [call] = cluster.calls("exec")
    equal(call, ["--namespace=shop", "exec", "-i", "-q", "web", "-c", debugger["name"], "--",
                 "/limpet-agent", "serve", "--listen", "stdio"])
    for words in cluster.state()["calls"]:
        check("attach" not in words and "-t" not in words and "-it" not in words, words)


@case
def the_running_one_is_used_again_without_a_word():
    cluster = Cluster()
    for _ in range(3):
        equal(cluster.limpet("exec", "web", "--", "true").returncode, 0)
    equal(len(cluster.debuggers()), 1)
    done = cluster.limpet("exec", "web", "--", "echo", "x")
    equal((done.out, done.err), (b"x\n", b""))


@case
def another_target_profile_image_or_customisation_has_its_own():
    cluster = Cluster([pod(containers=[container(), container("side")],
                           statuses=[running(), running("side")])])
    custom = scratch("custom.json")
    with open(custom, "w") as file:
        json.dump({"env": [{"name": "A", "value": "1"}]}, file)
    for more in ([], ["-c", "side"], ["--profile", "baseline"], ["--image", "other:1"],
                 ["--custom", custom]):
        equal(cluster.limpet("-q", "exec", *more, "web", "--", "true").returncode, 0, more)
    equal(len(cluster.debuggers()), 5)
    equal(len({each["name"] for each in cluster.debuggers()}), 5)
    equal([each["targetContainerName"] for each in cluster.debuggers()],
          ["app", "side", "app", "app", "app"])
    for more in ([], ["-c", "side"], ["--profile", "baseline"], ["--custom", custom]):
        equal(cluster.limpet("-q", "exec", *more, "web", "--", "true").returncode, 0, more)
    equal(len(cluster.debuggers()), 5)


@case
def where_containers_share_their_processes_the_agent_is_told_whose_it_looks_at():
    cluster = Cluster([pod(shareProcessNamespace=True)])
    equal(cluster.limpet("exec", "web", "--", "true").returncode, 0)
    equal(cluster.debuggers()[0]["env"][1]["value"], "app")


@case
def one_that_has_ended_is_not_used_again():
    cluster = Cluster()
    cluster.limpet("exec", "web", "--", "true")
    pods = cluster.state()["pods"]
    pods[0]["status"]["ephemeralContainerStatuses"][0]["state"] = {"terminated": {"exitCode": 0}}
    cluster.write(pods=pods)
    equal(cluster.limpet("exec", "web", "--", "true").returncode, 0)
    equal(len(cluster.debuggers()), 2)


@case
def profiles_are_those_of_kubectl_debug():
    root = {"runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": False}
    wanted = {"general": {**root, "capabilities": {"add": ["SYS_PTRACE"]}},
              "baseline": root,
              "netadmin": {**root, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
              "sysadmin": {**root, "privileged": True},
              "restricted": {"runAsUser": 1000, "runAsGroup": 2000, "runAsNonRoot": True,
                             "allowPrivilegeEscalation": False,
                             "capabilities": {"drop": ["ALL"]},
                             "seccompProfile": {"type": "RuntimeDefault"}}}
    for profile, context in wanted.items():
        user = {"user": {"linux": {"uid": 1000, "gid": 2000}}}
        cluster = Cluster([pod(statuses=[running(**user)])])
        done = cluster.limpet("exec", "--profile", profile, "web", "--", "true")
        equal(done.returncode, 0, done.err)
        equal(context_of(cluster.debuggers()[0]), context, profile)
    done = Cluster().limpet("exec", "--profile", "legacy", "web", "--", "true")
    refused(done, "there is no profile 'legacy'")


@case
def auto_takes_what_the_policy_allows():
    for enforce, profile in (("privileged", "general"), ("baseline", "baseline"),
                             ("restricted", "restricted")):
        security = {"runAsUser": 65532, "runAsGroup": 65532}
        cluster = Cluster([pod(securityContext=security)], enforce=enforce)
        done = cluster.limpet("exec", "web", "--", "true")
        equal(done.returncode, 0, done.err)
        [debugger] = cluster.debuggers()
        equal(debugger["env"][0]["value"], profile)
        equal(cluster.limpet("exec", "web", "--", "true").returncode, 0)
        equal(len(cluster.debuggers()), 1, "again")
    cluster = Cluster(enforce="restricted")
    done = cluster.limpet("exec", "--profile", "general", "web", "--", "true")
    refused(done, 'violates PodSecurity "restricted:latest"', "--profile auto")
    check(b"Warning: would violate" not in done.err, done.err)


@case
def ids_that_nobody_tells_are_looked_at_and_a_second_one_is_started():
    cluster = Cluster(enforce="restricted",
                      target={"uid": 1000, "user": "app", "gid": 2000})
    for _ in range(2):
        done = cluster.limpet("exec", "web", "--", "true")
        equal(done.returncode, 0, done.err)
        first, second = cluster.debuggers()
        equal([context_of(first)["runAsUser"], context_of(first)["runAsGroup"]], [65532, 65532])
        equal([context_of(second)["runAsUser"], context_of(second)["runAsGroup"]], [1000, 2000])
        equal(cluster.calls("exec")[-1][6], second["name"])
    same = Cluster(enforce="restricted", target={"uid": 65532, "gid": 65532})
    for _ in range(2):
        equal(same.limpet("exec", "web", "--", "true").returncode, 0)
        equal(len(same.debuggers()), 1)


@case
def an_older_kubectl_replaces_and_tries_again_after_a_conflict():
    cluster = Cluster(minor="27", conflicts=3)
    done = cluster.limpet("exec", "web", "--", "echo", "x")
    equal((done.returncode, done.out), (0, b"x\n"), done.err)
    equal(len(cluster.debuggers()), 1)
    equal(len(cluster.calls("replace")), 4)
    check("/api/v1/namespaces/shop/pods/web/ephemeralcontainers" in cluster.calls("replace")[0],
          cluster.calls("replace"))
    equal(cluster.calls("patch"), [])
    stubborn = Cluster(minor="27", conflicts=100)
    refused(stubborn.limpet("exec", "web", "--", "true"), "the object has been modified")


@case
def a_container_that_cannot_start_is_one_clear_line_at_once():
    for reason, message, remedy in (
            ("ErrImagePull", 'pull access denied for "limpet:test"', "imagePullSecrets"),
            ("ImagePullBackOff", 'Back-off pulling image "limpet:test"', "--image"),
            ("InvalidImageName", "couldn't parse image name", "--image"),
            ("ErrImageNeverPull", "Container image is not present", "load it there"),
            ("CreateContainerConfigError", "container has runAsNonRoot and image will run as root",
             "--profile"),
            ("CreateContainerError", "context deadline exceeded", "--custom"),
            ("ImageInspectError", "short-name did not resolve to an alias", "with its registry"),
            ("RunContainerError", "exec: /limpet-agent: no such file", "/limpet-agent")):
        cluster = Cluster(started={"waiting": {"reason": reason, "message": message}})
        done = cluster.limpet("exec", "web", "--", "true", timeout=5)
        refused(done, reason, message, remedy, "image limpet:test")
    cluster = Cluster(started={"terminated": {"exitCode": 137, "reason": "Error"}})
    refused(cluster.limpet("exec", "web", "--", "true"), "(status 137)", "it was killed")


@case
def waiting_has_an_end_and_says_for_what():
    cluster = Cluster(started={"waiting": {"reason": "ContainerCreating"}})
    done = cluster.limpet("exec", "--start-timeout", "1", "web", "--", "true", timeout=10)
    refused(done, "did not start within 1 s", "ContainerCreating", "is node worker-1 ready?")
    check(len(cluster.calls("get")) > 2, "it asked once only")


@case
def a_missing_right_is_named_with_the_rule_that_grants_it():
    for verb, resource, verbs, minor in (
            ("get", "pods", "[get]", "36"),
            ("patch", "pods/ephemeralcontainers", "[get, patch]", "36"),
            ("update", "pods/ephemeralcontainers", "[update]", "27"),
            ("create", "pods/exec", "[get, create]", "36")):
        cluster = Cluster(forbidden=[[verb, resource]], minor=minor)
        done = cluster.limpet("exec", "web", "--", "true")
        refused(done, f"needs the verb {verb} on {resource} in namespace shop",
                f'- {{apiGroups: [""], resources: ["{resource}"], verbs: {verbs}}}',
                'User "jane" cannot')


@case
def what_the_server_says_cannot_act_on_a_terminal():
    cluster = Cluster(exec="error: \x1b]0;owned\x07\u202e gone")
    done = cluster.limpet("exec", "web", "--", "true")
    refused(done, "\\x1b]0;owned\\x07\\u202e gone")
    hostile = pod(containers=[container(image="\x1b[2Jx")])
    terminal = Terminal(CLIENT, "--host", "kube:", "ps", env=Cluster([hostile]).environment())
    terminal.wait()
    check(b"\\x1b[2Jx" in terminal.seen and b"\x1b" not in terminal.seen, terminal.seen)


@case
def a_pod_or_container_that_is_not_there_or_not_running_is_said():
    refused(Cluster().limpet("exec", "other", "--", "true"), 'pods "other" not found')
    refused(Cluster().limpet("exec", "web/db", "--", "true"), "no container db", "app")
    waiting = running(restartCount=4)
    waiting["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}
    cluster = Cluster([pod(statuses=[waiting])])
    refused(cluster.limpet("exec", "web", "--", "true"), "CrashLoopBackOff", "--copy-to NAME")
    equal(cluster.debuggers(), [])
    # Its program is not there: containerd cannot run it, CRI-O does not make it.
    for reason in ("RunContainerError", "CreateContainerError"):
        waiting = {**running(), "state": {"waiting": {"reason": reason, "message": "no /nonexistent"}}}
        refused(Cluster([pod(statuses=[waiting])]).limpet("exec", "web", "--", "true"), reason,
                "--copy-to NAME")
    for target in ("-n", "UPPER", "a/b/c", "pod:a/b/c/d", "node:", "a b", ""):
        check(Cluster().limpet("exec", "--", target, "true").returncode in (2, 125), target)
    equal(Cluster().limpet("exec", "--", "-oyaml", "true").returncode, 125)


@case
def targets_have_several_forms():
    cluster = Cluster([pod(containers=[container(), container("side")],
                           statuses=[running(), running("side")])])
    for target, wanted in (("web", "app"), ("web/side", "side"), ("pod:shop/web/side", "side"),
                           ("pod/web", "app"), ("pod:shop/web", "app")):
        equal(cluster.limpet("-q", "exec", target, "--", "true").returncode, 0, target)
        name = cluster.calls("exec")[-1][6]
        seen = [each["targetContainerName"] for each in cluster.debuggers() if each["name"] == name]
        equal(seen, [wanted], target)
    chosen = pod(containers=[container(), container("side")], statuses=[running(), running("side")])
    chosen["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "side"}
    cluster = Cluster([chosen])
    equal(cluster.limpet("exec", "web", "--", "true").returncode, 0)
    equal(cluster.debuggers()[0]["targetContainerName"], "side")


@case
def context_kubeconfig_and_namespace_are_handed_on():
    cluster = Cluster([pod(namespace="else")])
    done = cluster.limpet("exec", "--context=prod", "--kubeconfig", "/f", "-n", "else", "web", "--",
                          "true")
    equal(done.returncode, 0, done.err)
    for words in cluster.state()["calls"]:
        if "version" not in words:
            equal(words[:3], ["--context=prod", "--kubeconfig=/f", "--namespace=else"])
    cluster = Cluster()
    run(CLIENT, "--host", "kube:staging", "exec", "web", "true", env=cluster.environment())
    equal(cluster.state()["calls"][0][0], "--context=staging")


@case
def custom_is_merged_and_may_not_change_what_makes_it_ours():
    path = scratch("partial.json")

    def with_custom(value):
        with open(path, "w") as file:
            file.write(value if isinstance(value, str) else json.dumps(value))
        cluster = Cluster()
        return cluster, cluster.limpet("exec", "--custom", path, "web", "--", "true")

    cluster, done = with_custom({"env": [{"name": "A", "value": "1"}],
                                 "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                                 "securityContext": {"runAsUser": 5}})
    equal(done.returncode, 0, done.err)
    [debugger] = cluster.debuggers()
    equal([each["name"] for each in debugger["env"]], ["LIMPET_PROFILE", "LIMPET_TARGET", "A"])
    equal(context_of(debugger)["runAsUser"], 5)
    equal(context_of(debugger)["capabilities"], {"add": ["SYS_PTRACE"]})
    equal(debugger["volumeMounts"], [{"name": "v", "mountPath": "/v"}])
    for bad, why in (({"name": "x"}, "may not set name"), ({"image": "x"}, "may not set image"),
                     ({"command": []}, "may not set command"), ("{", "no JSON"), ("[]", "no JSON"),
                     ("[" * 5000, "no JSON")):
        cluster, done = with_custom(bad)
        refused(done, why)
        equal(cluster.debuggers(), [])


@case
def a_node_gets_a_pod_that_is_gone_afterwards():
    cluster = Cluster()
    done = cluster.limpet("exec", "node:worker-1/pid:1", "--", "echo", "x")
    check(b"to be deleted afterwards" in done.err, done.err)
    [made] = [json.loads(json.dumps(call)) for call in cluster.calls("create")]
    check(made, "nothing was created")
    equal(list(cluster.pods()), ["web"])
    [gone] = cluster.calls("delete")
    check(gone[2].startswith("limpet-node-"), gone)


@case
def a_pod_on_a_node_goes_also_when_the_client_is_killed():
    for way in (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGINT):
        cluster = Cluster(delay=5)
        client = start(CLIENT, "--host", "kube:", "exec", "node:worker-1", "--", "sleep", "100",
                       env=cluster.environment(), stderr=-3, stdin=-3)
        until(lambda: cluster.calls("exec"), what="the session")
        equal(len(cluster.pods()), 2)
        [made] = [each for each in cluster.pods().values() if each["spec"].get("hostPID")]
        equal(made["spec"]["nodeName"], "worker-1")
        check(made["spec"]["containers"][0]["securityContext"]["privileged"], made)
        equal(made["spec"]["automountServiceAccountToken"], False)
        equal(made["spec"]["containers"][0]["env"], [{"name": "LIMPET_TARGET", "value": "here"}])
        client.send_signal(way)
        client.wait(10)
        until(lambda: list(cluster.pods()) == ["web"], what=f"deletion after {way.name}")


@case
def a_copy_waits_in_the_crashing_container_and_is_gone_afterwards():
    waiting = running(restartCount=4)
    waiting["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}
    original = pod(containers=[container(args=["--bad"], livenessProbe={"exec": {}})],
                   statuses=[waiting], serviceAccountName="web")
    cluster = Cluster([original])
    done = cluster.limpet("exec", "--copy-to", "copy", "--keep", "web", "--", "echo", "x")
    equal((done.returncode, done.out), (0, b"x\n"), done.err)
    copy = cluster.pods()["copy"]
    app = copy["spec"]["containers"][0]
    equal(app["command"], ["/.limpet/limpet-agent", "hold", "--ttl", "8h"])
    check("args" not in app and "livenessProbe" not in app, app)
    equal(copy["spec"]["serviceAccountName"], "web")
    check("app" not in copy["metadata"]["labels"], copy["metadata"])
    check("activeDeadlineSeconds" not in copy["spec"], "it was to be kept")
    check("uid" not in copy["metadata"] and "resourceVersion" not in copy["metadata"], copy)
    bring = copy["spec"]["initContainers"][0]
    equal(bring["command"], ["/limpet-agent", "--install", "/limpet/limpet-agent"])
    equal(bring["securityContext"]["allowPrivilegeEscalation"], False)
    equal(len(cluster.debuggers("copy")), 1)
    done = cluster.limpet("exec", "--copy-to", "copy", "web", "--", "true")
    refused(done, "already exists")
    check("copy" in cluster.pods(), "somebody else's pod was deleted")
    done = cluster.limpet("exec", "--copy-to", "second", "web", "--", "true")
    equal(done.returncode, 0, done.err)
    equal(sorted(cluster.pods()), ["copy", "web"])
    # Nobody may be left to delete it.
    client = start(CLIENT, "--host", "kube:", "exec", "--copy-to", "third", "web", "--", "sleep", "60",
                   env=cluster.environment(), stdin=-3, stderr=-3)
    made = until(lambda: cluster.pods().get("third"), what="the copy")
    equal(made["spec"]["activeDeadlineSeconds"], 8 * 3600)
    client.kill()
    until(lambda: sorted(cluster.pods()) == ["copy", "web"], what="its end")


def several(count):
    return [pod(name=f"web-{index}") for index in range(count)]


@case
def a_command_runs_in_every_pod_that_matches_and_lines_stay_whole():
    cluster = Cluster(several(12))
    done = cluster.limpet("-q", "exec", "-l", "app=web", "--all", "--", "sh", "-c",
                          "for i in 1 2 3 4 5; do echo $i; echo e >&2; done; printf end")
    equal(done.returncode, 0, done.err)
    lines = done.out.decode().splitlines()
    equal(sorted(lines), sorted(f"web-{pod}: {what}" for pod in range(12)
                                for what in ("1", "2", "3", "4", "5", "end")))
    equal(sorted(set(done.err.decode().splitlines())), sorted(f"web-{i}: e" for i in range(12)))
    for index in range(12):
        own = [line for line in lines if line.startswith(f"web-{index}: ")]
        equal([line.split(": ")[1] for line in own], ["1", "2", "3", "4", "5", "end"])


@case
def of_many_the_worst_status_counts_and_json_says_which_pod():
    cluster = Cluster(several(3))
    done = cluster.limpet("-q", "exec", "-l", "app=web", "--all", "-o", "json", "--", "echo",
                          '{"a":1}')
    equal(done.returncode, 0, done.err)
    seen = sorted(json.loads(line)["pod"] for line in done.out.splitlines())
    equal(seen, ["web-0", "web-1", "web-2"])
    check(all(json.loads(line)["a"] == 1 for line in done.out.splitlines()), done.out)
    pods = several(3)
    pods[1]["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "X"}}
    cluster = Cluster(pods)
    done = cluster.limpet("-q", "exec", "-l", "app=web", "--all", "--", "sh", "-c", "exit 3")
    equal(done.returncode, 125)
    check(b"web-1: limpet: exec pod:shop/web-1: " in done.err, done.err)


@case
def several_pods_without_all_are_listed_and_none_is_entered():
    cluster = Cluster(several(2))
    refused(cluster.limpet("exec", "-l", "app=web", "--", "true"), "web-0, web-1", "--all")
    refused(cluster.limpet("exec", "-l", "app=no", "--", "true"), "no running pod matches app=no")
    equal(cluster.calls("exec"), [])
    one = Cluster(several(1))
    equal(one.limpet("-q", "exec", "-l", "app=web", "--", "echo", "x").out, b"web-0: x\n")
    equal(run(CLIENT, "exec", "-l", "app=web", "--", "true").returncode, 2)


@case
def ps_lists_the_pods_by_the_names_of_targets():
    cluster = Cluster([pod(), pod(name="two", containers=[container(), container("side")],
                                  statuses=[running(), running("side")])])
    done = cluster.limpet("ps", "-o", "json")
    rows = [json.loads(line) for line in done.out.splitlines()]
    equal([row["name"] for row in rows], ["web", "two/app", "two/side"])
    equal(rows[0]["pod"], "shop/web")
    equal(rows[0]["id"], "ab" * 32)
    equal(cluster.limpet("ps").out.splitlines()[0].split(), [b"NAME", b"IMAGE", b"STATE", b"STARTED"])


@case
def as_a_plugin_of_kubectl_it_is_the_same_client():
    cluster = Cluster()
    plugin, complete = scratch("kubectl-limpet"), scratch("kubectl_complete-limpet")
    for link in (plugin, complete):
        if not os.path.lexists(link):
            os.symlink(CLIENT, link)
    done = run(plugin, "-q", "exec", "web", "-n", "shop", "--", "echo", "x",
               env=cluster.environment())
    equal((done.returncode, done.out, done.err), (0, b"x\n", b""))
    done = run(plugin, "exec", env=cluster.environment())
    check(b"usage: kubectl limpet exec" in done.err, done.err)
    for words in (("help", "exec"), ("-h",)):
        check(b"--copy-to NAME" in run(plugin, *words).out, "the cluster's options in the help")
    lines = run(complete, "we", env=cluster.environment()).out.decode().splitlines()
    equal(lines, ["web", ":4"])
    equal(run(complete, "exec", "--profile", "re", env=cluster.environment()).out,
          b"restricted\n:4\n")
    check(b"node\n" in run(complete, "n", env=cluster.environment()).out, "the verb node")


@case
def values_that_the_cluster_knows_are_completed():
    two = pod("two", containers=[container(), container("db")], statuses=[running(), running("db")])
    cluster = Cluster([pod(), two])
    for words, wanted in (
            (("-n", ""), ["ops", "shop"]), (("exec", "--namespace", "o"), ["ops"]),
            (("web", "-c", ""), ["app"]), (("two", "--container", ""), ["app", "db"]),
            (("exec", "pod:shop/two", "-c", "d"), ["db"]), (("exec", "-c", ""), ["app", "db"]),
            (("exec", "none", "-c", ""), []), (("--context", "th"), ["there"]),
            (("web", "--allow", "tr"), ["trace"]), (("web", "--allow-o"), ["--allow-only"]),
            # What follows a command is the command's own.
            (("exec", "web", "--", "head", "-c", ""), []), (("exec", "web", "head", "-n", ""), [])):
        done = run(CLIENT, "complete", "--", "--host", "kube:", *words, env=cluster.environment())
        equal((done.returncode, done.out.decode().split()), (0, wanted), words)
    asked = cluster.calls("--context=there")
    run(CLIENT, "complete", "--", "--host", "kube:there", "-n", "", env=cluster.environment())
    equal(len(cluster.calls("--context=there")), len(asked) + 1, "the context that was named")
    # On a node the letters mean nothing.
    equal(run(CLIENT, "complete", "--", "-n", "", env=cluster.environment()).out, b"")


@case
def a_terminal_is_one_also_over_kubectl():
    cluster = Cluster()
    terminal = Terminal(CLIENT, "--host", "kube:", "exec", "-t", "web", "--", "stty", "size",
                        rows=31, columns=97, env=cluster.environment())
    terminal.expect(rb"31 97")
    equal(terminal.wait(), 0)


@case
def options_of_a_cluster_are_refused_elsewhere():
    done = run(CLIENT, "exec", "--profile", "general", "pid:1", "--", "true")
    refused(done, "--profile: it is for --host kube:")
    done = run(CLIENT, "--host", "kube:", "exec", "web", "--", "true",
               env=environment(KUBECTL="/nonexistent/kubectl"))
    refused(done, "start /nonexistent/kubectl: No such file or directory", "$KUBECTL")


if __name__ == "__main__":
    must("test", "-x", CLIENT)
    main()
