# packets.py - packets made by hand, of every kind that tcpdump is to decode, and files of them.
import socket
import struct

MACS = bytes.fromhex("024200000001"), bytes.fromhex("024200000002")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(kind, payload, source=MACS[0], destination=MACS[1], vlan=None):
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
    return destination + source + tag + struct.pack("!H", kind) + payload


def ip4(protocol, payload, source="10.0.0.1", destination="10.0.0.2", flags=0x4000, identity=7, ttl=64,
        tos=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), identity, flags, ttl, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(protocol, payload, source="fd00::1", destination="fd00::2", hops=64):
    return struct.pack("!IHBB16s16s", 0x60000000, len(payload), protocol, hops,
                       socket.inet_pton(socket.AF_INET6, source),
                       socket.inet_pton(socket.AF_INET6, destination)) + payload


def pseudo(protocol, segment, source, destination):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    return (socket.inet_pton(family, source) + socket.inet_pton(family, destination) +
            struct.pack("!HH", protocol, len(segment)))


def transport(protocol, segment, at, source, destination):
    total = checksum(pseudo(protocol, segment, source, destination) + segment)
    segment = segment[:at] + struct.pack("!H", total) + segment[at + 2:]
    wrap, kind = (ip6, 0x86DD) if ":" in source else (ip4, 0x0800)
    return kind, wrap(protocol, segment, source, destination)


def tcp(flags, sequence=0, acknowledged=0, payload=b"", ports=(40000, 80), options=b"", window=512,
        source="10.0.0.1", destination="10.0.0.2"):
    options += b"\1" * (-len(options) % 4)
    segment = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledged, (5 + len(options) // 4) << 4, flags,
                          window, 0, 0) + options + payload
    return transport(6, segment, 16, source, destination)


def udp(payload, ports=(5000, 9999), source="10.0.0.1", destination="10.0.0.2"):
    return transport(17, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload, 6, source, destination)


def icmp(kind, code, rest):
    data = struct.pack("!BBH", kind, code, 0) + rest
    return data[:2] + struct.pack("!H", checksum(data)) + data[4:]


def icmp6(kind, rest, source="fd00::1", destination="fd00::2"):
    return transport(58, struct.pack("!BBH", kind, 0, 0) + rest, 2, source, destination)


def arp(operation, sender="10.0.0.1", target="10.0.0.2", hardware=bytes(6)):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, MACS[0], socket.inet_aton(sender),
                       hardware, socket.inet_aton(target))


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".") if part) + b"\0"


def question(text, kind=1, identity=4660, flags=0x0100, additional=b""):
    return struct.pack("!HHHHHH", identity, flags, 1, 0, 0, 1 if additional else 0) + name(text) + \
        struct.pack("!HH", kind, 1) + additional


def answer(text, records, kind=1, identity=4660, flags=0x8180):
    body = name(text) + struct.pack("!HH", kind, 1)
    for number, data in records:
        body += struct.pack("!HHHIH", 0xC00C, number, 1, 300, len(data)) + data
    return struct.pack("!HHHHHH", identity, flags, 1, len(records), 0, 0) + body


def client_hello(server):
    entry = b"\0" + struct.pack("!H", len(server)) + server.encode()
    names = struct.pack("!H", len(entry)) + entry
    extensions = struct.pack("!HH", 0x0017, 0) + struct.pack("!HH", 0, len(names)) + names
    body = b"\3\3" + bytes(32) + b"\0" + struct.pack("!HH", 2, 0x1301) + b"\1\0" + \
        struct.pack("!H", len(extensions)) + extensions
    shake = b"\1" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack("!H", len(shake)) + shake


def conversation():
    """Frames of every kind, in order."""
    syn = b"\2\4\5\xb4\4\2\x08\x0a" + struct.pack("!II", 1, 0) + b"\1\3\3\7"
    stamps = b"\1\1\x08\x0a" + struct.pack("!II", 2, 1)
    back = {"ports": (80, 40000), "source": "10.0.0.2", "destination": "10.0.0.1"}
    six = {"source": "fd00::1", "destination": "fd00::2"}
    quoted = ip4(17, struct.pack("!HHHH", 5000, 9, 12, 0) + b"abcd")
    big = ip4(17, bytes(16), flags=0x2000)
    made = [
        (0x0806, arp(1)), (0x0806, arp(2, hardware=MACS[1])),
        tcp(2, 1000, options=syn), tcp(18, 5000, 1001, options=syn, **back),
        tcp(16, 1001, 5001, options=stamps),
        tcp(24, 1001, 5001, b"GET /index.html HTTP/1.1\r\nHost: web\r\n\r\n", options=stamps),
        tcp(24, 5001, 1040, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", options=stamps, **back),
        tcp(16, 1040, 5042, options=b"\1\1\5\x0a" + struct.pack("!II", 5050, 5060)),
        tcp(17, 1040, 5042), tcp(4, 5042, 0, **back), tcp(20, 5042, 1041, **back),
        tcp(24, 1, 1, client_hello("shop.example.org"), ports=(40001, 443)),
        tcp(2, 77, ports=(40002, 22), **six), tcp(24, 78, 9, b"x" * 10, ports=(40002, 22), **six),
        udp(b"hello"), udp(b"", ports=(1, 2)), udp(b"six", **six),
        udp(question("example.org"), ports=(5353 + 1, 53)),
        udp(question("example.org", 28, additional=b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)),
            ports=(5354, 53)),
        udp(answer("example.org", [(1, bytes([93, 184, 216, 34])), (1, bytes([10, 9, 8, 7]))]),
            ports=(53, 5354), source="10.0.0.2", destination="10.0.0.1"),
        udp(answer("nobody.example.org", [], flags=0x8183), ports=(53, 5354)),
        udp(answer("www.example.org", [(5, name("web.example.org")), (1, bytes([10, 1, 1, 1]))], flags=0x8580),
            ports=(53, 5354)),
        udp(answer("example.org", [(15, struct.pack("!H", 10) + name("mail.example.org")),
                                   (16, b"\5v=spf"), (28, bytes(15) + b"\1")], kind=255), ports=(53, 5354)),
        (0x0800, ip4(1, icmp(8, 0, struct.pack("!HH", 7, 1) + bytes(56)))),
        (0x0800, ip4(1, icmp(0, 0, struct.pack("!HH", 7, 1) + bytes(56)))),
        (0x0800, ip4(1, icmp(3, 3, bytes(4) + quoted))), (0x0800, ip4(1, icmp(3, 1, bytes(4) + quoted))),
        (0x0800, ip4(1, icmp(11, 0, bytes(4) + quoted))),
        icmp6(128, struct.pack("!HH", 9, 2) + bytes(8)), icmp6(129, struct.pack("!HH", 9, 2) + bytes(8)),
        icmp6(135, bytes(4) + socket.inet_pton(socket.AF_INET6, "fd00::2")),
        (0x0800, big), (0x0800, ip4(17, bytes(16), flags=2)),
        (0x0800, ip4(2, bytes(8), destination="224.0.0.1")), (0x0800, ip4(132, bytes(16))),
    ]
    frames = [ethernet(kind, payload) for kind, payload in made]
    frames.append(ethernet(*udp(b"tagged"), vlan=10))
    frames.append(ethernet(*tcp(2, 3), vlan=20))
    frames.append(ethernet(0x0806, arp(1, target="10.0.0.9"), destination=b"\xff" * 6))
    frames.append(ethernet(*udp(b"all", destination="224.0.0.251"), destination=bytes.fromhex("01005e0000fb")))
    frames.append(ethernet(0x88B5, b"unknown" * 8))
    return frames


def pcap(frames, link=1, nano=False, big=False, snapshot=262144):
    order = ">" if big else "<"
    out = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snapshot, link)
    for number, frame in enumerate(frames):
        kept = frame[:snapshot]
        fraction = 1000 * number * (1000 if nano else 1)
        out += struct.pack(order + "IIII", 1_700_000_000 + number // 7, fraction, len(kept), len(frame)) + kept
    return out
