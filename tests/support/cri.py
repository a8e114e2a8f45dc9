# cri.py - a client of the kubelet's interface to containerd, and a containerd that offers it.
#
# gRPC by hand: one HTTP/2 stream a call, headers as literals, and of protobuf what CRI uses. What
# is asked is what a kubelet asks, field by field (k8s.io/cri-api, runtime/v1/api.proto).
import base64
import os
import re
import socket
import struct
import sys
import urllib.parse

import images
from engines import Containerd, pause_tree
from limpet import AGENT, Skip, check, must, run, scratch, undo, until

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/image/build.py")

# ---- the messages: a field is its number, or its number and the fields of the message it holds

_ID = {"value": 1}
_NAMESPACES = {"network": 1, "pid": 2, "ipc": 3, "target_id": 4}
_SECCOMP = {"profile_type": 1}
_SANDBOX = {
    "metadata": (1, {"name": 1, "uid": 2, "namespace": 3, "attempt": 4}),
    "log_directory": 3, "labels": 6, "annotations": 7,
    "linux": (8, {"cgroup_parent": 1, "security_context": (2, {
        "namespace_options": (1, _NAMESPACES), "privileged": 6, "seccomp": (9, _SECCOMP)})}),
}
_CONTAINER = {
    "metadata": (1, {"name": 1, "attempt": 2}),
    "image": (2, {"image": 1, "user_specified_image": 18}), "command": 3, "args": 4,
    "mounts": (7, {"container_path": 1, "host_path": 2, "readonly": 3}),
    "labels": 9, "annotations": 10, "log_path": 11, "stdin": 12, "stdin_once": 13, "tty": 14,
    "linux": (15, {
        "resources": (1, {"memory_limit_in_bytes": 4, "oom_score_adj": 5}),
        "security_context": (2, {
            "capabilities": (1, {"add": 1, "drop": 2}), "privileged": 2,
            "namespace_options": (3, _NAMESPACES), "run_as_user": (5, _ID), "readonly_rootfs": 7,
            "no_new_privs": 11, "run_as_group": (12, _ID), "seccomp": (15, _SECCOMP)})}),
}
REQUESTS = {
    "Version": {"version": 1},
    "RunPodSandbox": {"config": (1, _SANDBOX)},
    "StopPodSandbox": {"pod_sandbox_id": 1},
    "RemovePodSandbox": {"pod_sandbox_id": 1},
    "CreateContainer": {"pod_sandbox_id": 1, "config": (2, _CONTAINER), "sandbox_config": (3, _SANDBOX)},
    "StartContainer": {"container_id": 1},
    "StopContainer": {"container_id": 1, "timeout": 2},
    "RemoveContainer": {"container_id": 1},
    "ContainerStatus": {"container_id": 1, "verbose": 2},
    "ExecSync": {"container_id": 1, "cmd": 2, "timeout": 3},
    "Exec": {"container_id": 1, "cmd": 2, "tty": 3, "stdin": 4, "stdout": 5, "stderr": 6},
    "Attach": {"container_id": 1, "stdin": 2, "tty": 3, "stdout": 4, "stderr": 5},
    "ImageStatus": {"image": (1, {"image": 1})},
}
# NamespaceMode, SecurityProfile.ProfileType, ContainerState of api.proto.
POD, CONTAINER, NODE, TARGET = range(4)
RUNTIME_DEFAULT, UNCONFINED = range(2)
EXITED = 2


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def encode(fields, message):
    out = b""
    for name, value in message.items():
        number, inner = fields[name] if isinstance(fields[name], tuple) else (fields[name], None)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int):
                out += varint(number << 3) + varint(one)
                continue
            if isinstance(one, dict) and inner is None:  # a map is its entries
                parts = [encode({"key": 1, "value": 2}, {"key": key, "value": text})
                         for key, text in one.items()]
            else:
                parts = [encode(inner, one) if inner else one.encode()]
            for part in parts:
                out += varint(number << 3 | 2) + varint(len(part)) + part
    return out


def decode(data):
    """Number of field -> its values, in order: numbers, and bytes for all else."""
    fields, at = {}, 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = read()
        value = read()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        fields.setdefault(key >> 3, []).append(value)
    return fields


# ---- HTTP/2 (RFC 9113)

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        check(part, "the connection ended")
        data += part
    return data


def call(address, path, message, timeout=60):
    """The reply to one unary call; None when there was none, which is how an error looks."""
    def frame(kind, flags, stream, payload):
        return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload

    headers = b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in ((":method", "POST"), (":scheme", "http"), (":path", path),
                            (":authority", "localhost"), ("content-type", "application/grpc"),
                            ("te", "trailers")))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(address)
        connection.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0x7FFFFFFF))  # INITIAL_WINDOW_SIZE
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x3FFFFFFF))
            + frame(HEADERS, 4, 1, headers)
            + frame(DATA, 1, 1, b"\0" + struct.pack(">I", len(message)) + message))
        body = b""
        while True:
            head = receive(connection, 9)
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            payload = receive(connection, int.from_bytes(head[:3], "big"))
            if kind == SETTINGS and not flags & 1:
                connection.sendall(frame(SETTINGS, 1, 0, b""))
            elif kind == PING and not flags & 1:
                connection.sendall(frame(PING, 1, 0, payload))
            elif kind == DATA:
                body += payload
            check(kind not in (RST_STREAM, GOAWAY), f"{path}: HTTP/2 frame {kind}: {payload!r}")
            if stream == 1 and kind in (DATA, HEADERS) and flags & 1:
                return body[5:] if len(body) >= 5 else None


# ---- the streams of exec and attach: WebSocket (RFC 6455), the kubelet's channels in it

class Stream:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), 20)
        undo(self.socket.close)
        self.socket.sendall((
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nOrigin: http://localhost\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive(self.socket, 1)
        check(b" 101 " in head.split(b"\r\n")[0], head)
        self.seen = b""

    def send(self, text):
        data, mask = b"\0" + text.encode(), os.urandom(4)
        check(len(data) < 126, "a longer message than this client makes")
        self.socket.sendall(bytes([0x82, 0x80 | len(data)]) + mask
                            + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def message(self):
        """(channel, data): 1 and 2 are the output, 3 how it ended; None at the end."""
        first, size = receive(self.socket, 2)
        if size > 125:
            size = int.from_bytes(receive(self.socket, 2 if size == 126 else 8), "big")
        data = receive(self.socket, size)
        return None if first & 15 == 8 else (data[0], data[1:]) if data else (1, b"")

    def expect(self, pattern):
        while True:
            match = re.search(pattern, self.seen, re.S)
            if match:
                self.seen = self.seen[match.end():]
                return match
            message = self.message()
            check(message and message[0] != 3, f"it ended without {pattern}: {self.seen!r}")
            self.seen += message[1]

    def end(self):
        """What the runtime says at the end."""
        while message := self.message():
            if message[0] == 3:
                return message[1].decode()
        return ""


# ---- containerd, pods and their containers

class Cri(Containerd):
    """containerd with what a kubelet talks to; no network plugin is needed for pods of the node's."""

    spaces = ("k8s.io",)
    settings = ('[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "localhost/pause:1"\n'
                '  restrict_oom_score_adj = true\n  disable_apparmor = true\n')
    image, target = "docker.io/library/limpet:test", "localhost/app:1"

    def __init__(self, *arguments):
        if not os.path.ismount("/sys/fs/cgroup"):
            raise Skip("no cgroups are mounted")
        super().__init__(*arguments)

    def load_images(self):
        self.load(pause_tree(), "localhost/pause:1", "/pause")
        self.load(images.tree("scratch"), self.target)
        archive = scratch("image.tar")
        must(sys.executable, BUILD, "-o", archive, "--name", self.image, AGENT)
        self("-n", "k8s.io", "images", "import", archive)
        # The service for pods hears of them a little later.
        for name in (self.image, self.target, "localhost/pause:1"):
            until(lambda name=name: 1 in self.ask("ImageStatus", image={"image": name}), 20, name)

    @staticmethod
    def reference(image):
        return image

    def ask(self, name, **fields):
        service = "ImageService" if name.startswith("Image") else "RuntimeService"
        reply = call(f"{self.folder}/socket", f"/runtime.v1.{service}/{name}",
                     encode(REQUESTS[name], fields))
        if reply is None:
            with open(f"{self.folder}/log", errors="replace") as file:
                errors = [line for line in file if "level=error" in line]
            raise AssertionError(f"{name}: {(errors or ['no reply'])[-1].strip()[-500:]}")
        return decode(reply)


class Pod:
    """A sandbox in the node's network, as a kubelet makes it of a pod with hostNetwork."""

    def __init__(self, cri, name, namespace="shop", pid=CONTAINER):
        self.cri, self.name, self.namespace, self.uid = cri, name, namespace, os.urandom(8).hex()
        self.pid = pid
        # /var/log/pods, if the kubelet is not told another place by podLogsDir.
        self.logs = scratch(f"pods/{namespace}_{name}_{self.uid}")
        self.cgroup = f"/limpet-test-{os.getpid()}-{self.uid}"
        undo(self.remove_cgroups)
        [self.id] = self.cri.ask("RunPodSandbox", config=self.config())[1]
        self.id = self.id.decode()
        undo(self.remove)

    def config(self, privileged=0):
        return {"metadata": {"name": self.name, "uid": self.uid, "namespace": self.namespace},
                "log_directory": self.logs,
                "labels": {"io.kubernetes.pod.name": self.name,
                           "io.kubernetes.pod.namespace": self.namespace,
                           "io.kubernetes.pod.uid": self.uid, "team": "checkout"},
                "linux": {"cgroup_parent": self.cgroup, "security_context": {
                    "namespace_options": {"network": NODE, "pid": self.pid},
                    "privileged": privileged}}}

    def container(self, name, image, security=None, attempt=0, target=None, mounts=(), memory=0,
                  **more):
        """Started; its id. With a target it is an ephemeral container with targetContainerName."""
        security = {"seccomp": {"profile_type": UNCONFINED}, **(security or {})}
        security["namespace_options"] = {
            "network": NODE, "pid": TARGET if target else self.pid,
            **({"target_id": target} if target else {})}
        os.makedirs(f"{self.logs}/{name}", exist_ok=True)
        config = {"metadata": {"name": name, "attempt": attempt},
                  "image": {"image": self.cri.reference(image), "user_specified_image": image},
                  "labels": {"io.kubernetes.container.name": name,
                             "io.kubernetes.pod.name": self.name,
                             "io.kubernetes.pod.namespace": self.namespace,
                             "io.kubernetes.pod.uid": self.uid},
                  "log_path": f"{name}/{attempt}.log", "mounts": list(mounts),
                  "linux": {"resources": {"memory_limit_in_bytes": memory, "oom_score_adj": 1000},
                            "security_context": security},
                  **more}
        [identity] = self.cri.ask("CreateContainer", pod_sandbox_id=self.id, config=config,
                                  sandbox_config=self.config(security.get("privileged", 0)))[1]
        identity = identity.decode()
        self.cri.ask("StartContainer", container_id=identity)
        return identity

    def execute(self, identity, *argv):
        """(status, stdout, stderr) of a program in it, as kubectl exec runs one."""
        done = self.cri.ask("ExecSync", container_id=identity, cmd=list(argv), timeout=30)
        return tuple(done.get(field, [empty])[0] for field, empty in ((3, 0), (1, b""), (2, b"")))

    def stream(self, what, identity, **fields):
        [url] = self.cri.ask(what, container_id=identity, stdin=1, stdout=1, **fields)[1]
        return Stream(url.decode())

    def state(self, identity):
        status = decode(self.cri.ask("ContainerStatus", container_id=identity)[1][0])
        return status.get(3, [0])[0], status.get(7, [0])[0]

    def stop(self, identity):
        self.cri.ask("StopContainer", container_id=identity, timeout=0)

    def remove(self):
        """With all of its containers."""
        self.cri.ask("StopPodSandbox", pod_sandbox_id=self.id)
        self.cri.ask("RemovePodSandbox", pod_sandbox_id=self.id)

    def remove_cgroups(self):
        for top, folders, _ in os.walk("/sys/fs/cgroup"):
            if self.cgroup[1:] in folders:
                os.rmdir(f"{top}{self.cgroup}")
            # Of each hierarchy its top is enough.
            if top != "/sys/fs/cgroup":
                folders.clear()
