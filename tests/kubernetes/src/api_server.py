# api_server.py - as much of the Kubernetes API as kubectl needs to debug a pod, with Docker below it.
#
# Not a Kubernetes: paths, texts and the WebSocket conversation are recorded from a real 1.36
# server, and a container's security context is turned into the flags that mean the same to
# Docker. What only a real cluster does is for tests/kubernetes/run.sh.
import base64
import copy
import hashlib
import json
import os
import re
import socketserver
import struct
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of RFC 6455
PRIVILEGED = ("SYS_ADMIN", "SYS_PTRACE", "SYS_CHROOT", "DAC_READ_SEARCH", "NET_ADMIN", "NET_RAW")
LEVELS = ("restricted", "baseline", "privileged")


def docker(*words, **options):
    return subprocess.run(["docker", *map(str, words)], capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=120, **options)


def flags_of(context):
    """What the container runtime is asked for by a security context."""
    flags = []
    if "runAsUser" in context:
        user = str(context["runAsUser"])
        if "runAsGroup" in context:
            user += f":{context['runAsGroup']}"
        flags += ["--user", user]
    if context.get("privileged"):
        # Not Docker's own --privileged: it wants capabilities that a machine in a container has not.
        flags += [word for name in PRIVILEGED for word in ("--cap-add", name)]
        flags += ["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
    for word, option in (("drop", "--cap-drop"), ("add", "--cap-add")):
        for capability in context.get("capabilities", {}).get(word, []):
            flags += [option, capability]
    if context.get("allowPrivilegeEscalation") is False:
        flags += ["--security-opt", "no-new-privileges"]
    if "seccompProfile" not in context and not context.get("privileged"):
        flags += ["--security-opt", "seccomp=unconfined"]  # a kubelet's default
    if context.get("readOnlyRootFilesystem"):
        flags += ["--read-only"]
    return flags


def level_of(context):
    if context.get("privileged") or context.get("capabilities", {}).get("add"):
        return 2
    strict = (context.get("runAsNonRoot") and context.get("allowPrivilegeEscalation") is False and
              context.get("capabilities", {}).get("drop") == ["ALL"] and
              context.get("seccompProfile", {}).get("type") == "RuntimeDefault")
    return 0 if strict else 1


class Refused(Exception):
    def __init__(self, code, reason, message):
        super().__init__(message)
        self.code = code
        self.status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                       "message": message, "reason": reason, "code": code}


class Node:
    """The pods, and the containers that run them."""

    def __init__(self, label, enforce="privileged"):
        self.label = label
        self.enforce = enforce
        self.tells_user = True  # status.user.linux, since 1.33
        self.pods = {}
        self.ids = {}  # (pod, container) -> Docker's
        self.volumes = set()
        self.version = 0
        self.lock = threading.RLock()

    def run(self, pod, spec, *flags):
        name = pod["metadata"]["name"]
        words = ["run", "-d", "--label", self.label, *flags]
        context = {**pod["spec"].get("securityContext", {}), **spec.get("securityContext", {})}
        words += flags_of(context)
        for variable in spec.get("env", []):
            words += ["-e", f"{variable['name']}={variable['value']}"]
        for mount in spec.get("volumeMounts", []):
            volume = f"{self.label.replace('=', '-')}-{name}-{mount['name']}"
            if volume not in self.volumes:
                self.volumes.add(volume)
                docker("volume", "create", volume)
                place = docker("volume", "inspect", "-f", "{{.Mountpoint}}", volume).stdout
                os.chmod(place.decode().strip(), 0o777)  # as an emptyDir is
            words += ["-v", f"{volume}:{mount['mountPath']}" +
                      (":ro" if mount.get("readOnly") else "")]
        command = [*spec.get("command", []), *spec.get("args", [])]
        if "command" in spec:
            words += ["--entrypoint", command.pop(0)]
        done = docker(*words, spec["image"], *command)
        status = {"name": spec["name"], "image": spec["image"], "restartCount": 0}
        if done.returncode != 0:
            status["state"] = {"waiting": {"reason": "CreateContainerError",
                                           "message": done.stderr.decode()[:500]}}
            return status
        identity = done.stdout.decode().strip().splitlines()[-1]
        self.ids[name, spec["name"]] = identity
        status["containerID"] = f"docker://{identity}"
        status["state"] = {"running": {"startedAt": "2026-01-02T03:04:05Z"}}
        if self.tells_user and "runAsUser" in context and "runAsGroup" in context:
            status["user"] = {"linux": {"uid": context["runAsUser"],
                                        "gid": context["runAsGroup"]}}
        return status

    def create(self, pod):
        pod = copy.deepcopy(pod)
        meta, spec = pod["metadata"], pod["spec"]
        name = meta["name"]
        if name in self.pods:
            raise Refused(409, "AlreadyExists", f'pods "{name}" already exists')
        meta.setdefault("namespace", "shop")
        meta.update(uid=f"uid-{name}", resourceVersion="1")
        pod.update(apiVersion="v1", kind="Pod")
        pod["status"] = {"phase": "Running", "containerStatuses": []}
        host = (["--pid", "host", "--network", "host"] if spec.get("hostPID")
                else ["--ipc", "shareable"])
        for init in spec.get("initContainers", []):
            self.run(pod, init, *host)
            docker("wait", self.ids[name, init["name"]])
        for each in spec["containers"]:
            pod["status"]["containerStatuses"].append(self.run(pod, each, *host))
        self.pods[name] = pod
        return pod

    def admit(self, pod, container):
        context = container.get("securityContext", {})
        if level_of(context) > LEVELS.index(self.enforce):
            added = context.get("capabilities", {}).get("add", [])
            raise Refused(403, "Forbidden", f'pods "{pod["metadata"]["name"]}" is forbidden: '
                          f'violates PodSecurity "{self.enforce}:latest": non-default capabilities '
                          f'(container "{container["name"]}" must not include '
                          f'{json.dumps(added)} in securityContext.capabilities.add)')

    def set_ephemeral(self, pod, containers):
        present = {each["name"] for each in pod["spec"].get("ephemeralContainers", [])}
        targets = {each["name"] for each in pod["spec"]["containers"]}
        for each in containers:
            if each["name"] in present:
                continue
            if each["targetContainerName"] not in targets:
                raise Refused(422, "Invalid", f'Pod "{pod["metadata"]["name"]}" is invalid: '
                              "spec.ephemeralContainers[0].targetContainerName: Not found")
            self.admit(pod, each)
            target = self.ids[pod["metadata"]["name"], each["targetContainerName"]]
            beside = [word for kind in ("pid", "network", "ipc")
                      for word in (f"--{kind}", f"container:{target}")]
            status = self.run(pod, each, *beside)
            pod["spec"].setdefault("ephemeralContainers", []).append(each)
            pod["status"].setdefault("ephemeralContainerStatuses", []).append(status)
        self.version += 1
        pod["metadata"]["resourceVersion"] = str(self.version)
        return pod

    def delete(self, name):
        pod = self.pods.pop(name)
        for key in [key for key in self.ids if key[0] == name]:
            docker("rm", "-f", "-v", self.ids.pop(key))
        return pod

    def clean(self):
        for identity in docker("ps", "-aq", "--filter", f"label={self.label}").stdout.split():
            docker("rm", "-f", "-v", identity.decode())
        for volume in self.volumes:
            docker("volume", "rm", "-f", volume)


class Socket:
    """RFC 6455 from the server's side, and what kubectl exec says in v5.channel.k8s.io."""

    def __init__(self, handler):
        self.read = handler.rfile.read
        self.handler = handler
        self.lock = threading.Lock()

    def send(self, data, opcode=2):
        head = bytes([0x80 | opcode])
        size = len(data)
        head += (bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)
                 if size < 65536 else b"\x7f" + struct.pack(">Q", size))
        with self.lock:
            self.handler.connection.sendall(head + data)

    def messages(self):
        whole = b""
        while True:
            head = self.read(2)
            if len(head) < 2:
                return
            size = head[1] & 0x7f
            if size > 125:
                size = int.from_bytes(self.read(2 if size == 126 else 8), "big")
            mask = self.read(4)
            data = self.read(size)
            if len(data) < size:
                return
            key = int.from_bytes(mask * (size // 4 + 1), "big") >> (8 * (4 - size % 4))
            data = (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")
            opcode = head[0] & 0x0f
            if opcode == 8:
                return
            if opcode == 9:
                self.send(data, 10)
            if opcode in (0, 1, 2):
                whole += data
                if head[0] & 0x80:
                    yield whole
                    whole = b""

    def bridge(self, words):
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, bufsize=0)

        def pump(stream, channel):
            while block := stream.read(32768):
                self.send(bytes([channel]) + block)

        pumps = [threading.Thread(target=pump, args=pair, daemon=True)
                 for pair in ((process.stdout, 1), (process.stderr, 2))]
        self.send(b"\x01")
        for each in pumps:
            each.start()

        def finish():
            for each in pumps:
                each.join()
            code = process.wait()
            status = {"metadata": {}, "status": "Success"}
            if code:
                status = {"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
                          "message": f"command terminated with non-zero exit code: {code}",
                          "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]}}
            self.send(b"\x03" + json.dumps(status).encode())
            self.send(struct.pack(">H", 1000), 8)

        ending = threading.Thread(target=finish, daemon=True)
        ending.start()
        try:
            for message in self.messages():
                if message[:1] == b"\x00" and len(message) > 1:
                    process.stdin.write(message[1:])
                if message == b"\xff\x00":
                    process.stdin.close()
        except OSError:
            pass
        # The client has gone: the process is told by the end of its input.
        if not process.stdin.closed:
            process.stdin.close()
        ending.join(10)
        process.kill()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, code=200):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def pod(self, name):
        if name not in self.node.pods:
            raise Refused(404, "NotFound", f'pods "{name}" not found')
        return self.node.pods[name]

    def listed(self, query):
        labels = dict(part.split("=", 1) for part in query.get("labelSelector", [""])[0].split(",")
                      if part)
        found = [pod for pod in self.node.pods.values()
                 if labels.items() <= pod["metadata"].get("labels", {}).items()]
        return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": found}

    def discover(self, path):
        verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
        resources = [{"name": name, "singularName": "pod" if name == "pods" else "",
                      "namespaced": True, "kind": kind, "verbs": verbs}
                     for name, kind in (("pods", "Pod"), ("pods/exec", "PodExecOptions"),
                                        ("pods/ephemeralcontainers", "Pod"))]
        resources.append({"name": "namespaces", "singularName": "namespace", "namespaced": False,
                          "kind": "Namespace", "verbs": verbs})
        return {"/api": {"kind": "APIVersions", "versions": ["v1"]},
                "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
                "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.2"},
                "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1",
                            "resources": resources}}.get(path)

    def exec(self, name, query):
        self.node.allow("get", "pods/exec")
        identity = self.node.ids.get((name, query["container"][0]))
        if not identity:
            raise Refused(400, "BadRequest", f'container {query["container"][0]} is not valid for '
                          f"pod {name}")
        accept = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + GUID).encode()).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
        self.send_header("Sec-WebSocket-Protocol", "v5.channel.k8s.io")
        self.end_headers()
        self.close_connection = True
        Socket(self).bridge(["docker", "exec", "-i", identity, *query["command"]])

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        self.server.requests.append((self.command, url.path, self.headers.get("Upgrade", "")))
        found = self.discover(url.path)
        if found and self.command == "GET":
            return self.answer(found)
        if url.path == "/api/v1/namespaces" and self.command == "GET":
            return self.answer({"kind": "NamespaceList", "apiVersion": "v1", "metadata": {}, "items": [
                {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}}
                for name in ("kube-system", "shop")]})
        match = re.fullmatch(r"/api/v1/namespaces/([^/]+)/pods(?:/([^/]+))?(?:/([^/]+))?", url.path)
        if not match:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        name, part = match[2], match[3]
        if part == "exec" and self.headers.get("Upgrade", "").lower() == "websocket":
            return self.exec(name, query)
        with self.node.lock:
            self.node.allow(self.command, "pods" + (f"/{part}" if part else ""))
            if self.command == "POST" and not name:
                return self.answer(self.node.create(self.body()), 201)
            if self.command == "GET":
                return self.answer(self.pod(name) if name else self.listed(query))
            if self.command == "DELETE" and name:
                return self.answer(self.node.delete(self.pod(name)["metadata"]["name"]))
            if part == "ephemeralcontainers" and self.command in ("PATCH", "PUT"):
                sent = self.body()["spec"]["ephemeralContainers"]
                return self.answer(self.node.set_ephemeral(self.pod(name), sent))
        raise Refused(405, "MethodNotAllowed", "the server does not allow this method")

    def guarded(self):
        try:
            self.handle_request()
        except Refused as refusal:
            self.answer(refusal.status, refusal.code)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = guarded

    @property
    def node(self):
        return self.server.node


VERBS = {"POST": "create", "GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class RestrictedNode(Node):
    """Refuses what the user has no right to, in RBAC's words."""
    forbidden = ()

    def allow(self, method, resource):
        verb = VERBS.get(method, method)
        if (verb, resource) in self.forbidden:
            raise Refused(403, "Forbidden", f'pods "web" is forbidden: User "jane" cannot {verb} '
                          f'resource "{resource}" in API group "" in the namespace "shop"')


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, node):
        super().__init__(("127.0.0.1", 0), Handler)
        self.node = node
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"
