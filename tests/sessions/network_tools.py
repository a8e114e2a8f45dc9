# network_tools.py - ss, ip, netstat, ifconfig, route, arp, ping and their like against the tools they are
# named after, field by field, in network namespaces made for it: a veth pair, bridge, macvlan, routes and
# rules of both families, names with odd bytes.
import json
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, add_case, case, check, equal, main, undo  # noqa: E402

NEAR, FAR = f"limpet-near-{os.getpid()}", f"limpet-far-{os.getpid()}"
ODD = 'we"i\\r\x01d'  # a name may hold anything but blanks, slashes and colons

LAYOUT = f"""
-n {NEAR} link set lo up
-n {NEAR} link add v0 type veth peer name v1 netns {FAR}
-n {FAR} link set lo up
netns exec {FAR} sysctl -qw net.ipv4.icmp_ratelimit=0
-n {FAR} link set v1 up
-n {FAR} addr add 10.9.0.2/24 dev v1
-n {FAR} addr add 10.77.0.1/32 dev lo
-n {FAR} -6 addr add fd09::2/64 dev v1 nodad
-n {NEAR} addr add 10.9.0.1/24 brd + dev v0
-n {NEAR} addr add 10.9.0.9/24 dev v0
-n {NEAR} addr add 10.8.0.1 peer 10.8.0.2/32 dev v0
-n {NEAR} -6 addr add fd09::1/64 dev v0 nodad
-n {NEAR} link set v0 up
-n {NEAR} link add br0 type bridge
-n {NEAR} link set br0 up
-n {NEAR} link set br0 alias words-of-its-maker
-n {NEAR} link add p0 type veth peer name p1
-n {NEAR} link set p0 master br0
-n {NEAR} link set p0 up
-n {NEAR} link set p1 up mtu 1300 txqueuelen 5 group 7
-n {NEAR} link add mv0 link v0 type macvlan mode bridge
-n {NEAR} link add {ODD} type veth peer name bäd
-n {NEAR} route add default via 10.9.0.2 metric 50
-n {NEAR} route add 10.20.0.0/16 nexthop via 10.9.0.2 weight 2 nexthop via 10.9.0.3 dev v0 weight 3
-n {NEAR} route add blackhole 10.30.0.0/16
-n {NEAR} route add unreachable 10.31.0.0/16
-n {NEAR} route add prohibit 10.32.0.0/16
-n {NEAR} route add 10.40.0.0/16 dev v0 mtu lock 1200 advmss 1100 proto static src 10.9.0.1
-n {NEAR} route add 10.41.0.0/16 via inet6 fd09::2 dev v0
-n {NEAR} route add 10.42.0.0/16 via 10.9.0.2 table 100
-n {NEAR} route add 10.50.0.0/16 via 10.99.0.1 dev v0 onlink
-n {NEAR} -6 route add fd20::/64 via fd09::2 metric 77 mtu 1300
-n {NEAR} -6 route add unreachable fd21::/64
-n {NEAR} -6 route add fd22::/64 nexthop via fd09::2 dev v0 weight 1 nexthop via fd09::3 dev v0 weight 2
-n {NEAR} -6 route add default via fd09::2 pref high
-n {NEAR} rule add from 10.9.0.0/24 to 10.1.0.0/16 fwmark 0x10/0xff iif v0 table 100 prio 500
-n {NEAR} rule add oif v0 blackhole prio 501
-n {NEAR} rule add not from 1.2.3.4 lookup main suppress_prefixlength 0 prio 502
-n {NEAR} rule add uidrange 1000-2000 sport 5 dport 80-90 ipproto tcp tos 4 table 7 prio 503
-n {NEAR} rule add goto 32766 prio 504
-n {NEAR} -6 rule add from fd09::/64 table 100
-n {NEAR} neigh add 10.9.0.77 lladdr 02:11:22:33:44:55 dev v0 nud permanent
-n {NEAR} neigh add fd09::77 lladdr 02:11:22:33:44:55 dev v0 nud stale router
"""


def there(*words, inside=NEAR, timeout=60):
    return subprocess.run(["ip", "netns", "exec", inside, *words], capture_output=True, timeout=timeout)


def out(*words, inside=NEAR):
    done = there(*words, inside=inside)
    check(done.returncode == 0, f"{words}: {done.returncode}: {done.stderr!r}")
    return done.stdout.decode("utf-8", "surrogateescape")


def build():
    for program in ("ip", "ss", "netstat", "ping", "traceroute", "mtr", "conntrack", "sysctl"):
        if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
            raise Skip(f"no {program} to compare with")
    for name in (NEAR, FAR):
        subprocess.run(["ip", "netns", "add", name], check=True)
        undo(lambda name=name: subprocess.run(["ip", "netns", "del", name], capture_output=True))
    for line in LAYOUT.strip().splitlines():
        subprocess.run(["ip", *line.split(" ")], check=True, capture_output=True)
    # Until the links have settled, addresses are tentative and counters move.
    for _ in range(50):
        if "tentative" not in out("ip", "addr"):
            break
        time.sleep(0.1)


_built = []


def namespaces():
    if not _built:
        build()
        _built.append(True)


def lines(text, drop=r"^$"):
    """Words of each line; how many blanks are between them is the tools' own affair."""
    # The one name that is not printable is shown as such by ours.
    text = text.replace(ODD, ODD.replace("\x01", "\\x01"))
    # iproute2 gives a namespace that it has a name for by that name.
    text = re.sub(r" link-netns(id)? \S+", "", text)
    rows = [" ".join(line.split()) for line in text.split("\n")]
    return [row for row in rows if not re.search(drop, row)]


def same(*words, drop=r"^$", order=True):
    """Both answers, asked again while counters and lifetimes move between the two."""
    namespaces()
    for _ in range(5):
        ours, theirs = lines(out(AGENT, *words), drop), lines(out(*words), drop)
        if not order:
            ours, theirs = sorted(ours), sorted(theirs)
        if ours == theirs:
            break
    equal(ours, theirs, " ".join(words))


for arguments in ("a", "-4 a", "-br a", "-br l", "l", "-o a", "-o l", "-s l", "-s -s l", "r", "-6 r",
                  "r show table all", "-d r", "n", "-6 n", "ru", "-6 ru", "r get 10.9.0.5",
                  "r get 127.0.0.1", "r get 10.77.0.1 from 10.9.0.1 oif v0",
                  "r get 10.9.0.1 from 10.9.0.2 iif v0", "r get fd09::5", "r get fd20::1 mark 3",
                  "a show scope link", "a show dynamic", "a show up", "a show to 10.9.0.0/24",
                  "l show master br0", "l show type veth", "l show dev v0", "r show 10.20.0.0/16",
                  "r show match 10.40.1.1", "r show root 10.0.0.0/8", "r show proto static",
                  "r show via 10.9.0.2", "r show default", "r show type blackhole", "r show dev v0",
                  "r show table 100", "r show scope link", "n show nud permanent", "n show dev v0",
                  "n show 10.9.0.77", "address show v0", "link list lo", "neighbor", "rule show"):
    add_case(f"ip {arguments}", same, "ip", *arguments.split())

# net-tools show only the first address of an interface, and cut names of processes.
def same_but_parts(*words):
    same(*words, drop=r"^$|^inet|^v0:|^unspec", order=words[0] != "netstat")


for arguments in ("-rn", "-i", "-ia", "-tulpn", "-tan", "-xln", "-uan", "-n", "-tane", "-tano", "-wan"):
    add_case(f"netstat {arguments}", same_but_parts, "netstat", *arguments.split())
for arguments in ("route -n", "route -n -6", "ifconfig", "ifconfig -a", "ifconfig v0", "arp -n", "arp -an",
                  "ss -s", "conntrack -C", "sysctl net.core.somaxconn", "sysctl net.ipv4.conf.lo",
                  "sysctl -n net/ipv4/ip_forward", "sysctl -N net.ipv6.conf.v0"):
    add_case(arguments, same_but_parts, *arguments.split())


def same_objects(*words):
    namespaces()
    for _ in range(5):
        ours = json.loads(out(AGENT, "ip", "-j", *words))
        # iproute2 puts control characters into its JSON as they are.
        theirs = [one for one in json.loads(out("ip", "-j", *words) or "[]", strict=False) if one]
        if ours == theirs:
            break
    equal(ours, theirs, f"ip -j {' '.join(words)}")
    equal([json.loads(line) for line in out(AGENT, "ip", "-o", "json", *words).splitlines()], ours)


for arguments in ("a", "l", "-s l", "-s -s l", "-br a", "-br l", "r", "-6 r", "r show table all", "n", "-6 n",
                  "-s n", "ru", "-6 ru", "r get 10.9.0.5", "r get 127.0.0.1", "r get fd09::5"):
    add_case(f"ip -j {arguments}", same_objects, *arguments.split())


@case
def ip_changes_nothing():
    namespaces()
    before = out("ip", "-j", "a")
    for words in ("addr add 10.1.1.1/32 dev v0", "a del 10.9.0.1/24 dev v0", "link set v0 down",
                  "route replace default via 10.9.0.3", "r flush table main", "neigh flush all",
                  "rule add from all table 7"):
        done = there(AGENT, "ip", *words.split())
        equal(done.returncode, 2, words)
        check(b"nothing of the target is changed" in done.stderr, f"{words}: {done.stderr!r}")
    for words in (("route", "add", "default", "gw", "10.9.0.3"), ("arp", "-d", "10.9.0.77"),
                  ("sysctl", "net.ipv4.ip_forward=1"), ("ss", "-K"), ("conntrack", "-F")):
        done = there(AGENT, *words)
        equal(done.returncode, 2, words)
        check(b"nothing" in done.stderr and b"changed" in done.stderr, f"{words}: {done.stderr!r}")
    equal(out("ip", "-j", "a"), before)


# ---- sockets

# Connections of both families, of each state one, and sockets of the other kinds.
HOLDER = """
import os, socket, sys, time
kept = []
for family, address in ((socket.AF_INET, "10.9.0.1"), (socket.AF_INET6, "fd09::1"), (socket.AF_INET6, "::")):
    listener = socket.socket(family)
    listener.bind((address, 0))
    listener.listen(7)
    client = socket.socket(family)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.connect(("::1" if address == "::" else address, listener.getsockname()[1]))
    server = listener.accept()[0]
    server.send(b"unread")
    kept += [listener, client, server]
half = socket.create_connection(kept[0].getsockname())
kept[0].accept()[0].close()  # FIN-WAIT-2, and CLOSE-WAIT at our end
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("10.9.0.1", 5353))
udp.connect(("10.9.0.2", 53))
bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
bound.bind(("127.0.0.53", 5354))
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    one = socket.socket(socket.AF_UNIX, kind)
    one.bind(f"\\0limpet-{os.getpid()}-{int(kind)}")
    if kind != socket.SOCK_DGRAM:
        one.listen()
    kept.append(one)
kept += [half, udp, bound, raw, *socket.socketpair()]
print("made", flush=True)
time.sleep(3600)
"""
_holder = []


def sockets():
    namespaces()
    if not _holder:
        holder = subprocess.Popen(["ip", "netns", "exec", NEAR, sys.executable, "-c", HOLDER], stdout=subprocess.PIPE)
        undo(lambda: (holder.kill(), holder.wait()))
        equal(holder.stdout.readline(), b"made\n")
        _holder.append(holder)
    return _holder[0]


def same_sockets(*words):
    sockets()
    # A timer runs, and times since something was sent: they are looked at below.
    moving = (r"(last(snd|rcv|ack)|busy):\S+|timer:\(keepalive,[^,]*|(pacing_rate|delivery_rate|send) \S+|"
              r"cgroup:\S+|bbr:\S+|rcv_wnd:\S+|snd_wnd:\S+|rcv_ooopack:\S+")

    def rows(text):
        text = re.sub(moving, "", text).replace("Port\n", "Port Process\n").replace("PortProcess", "Port Process")
        return sorted(row for row in lines(text) if not row.startswith(("Netid", "State", "Recv-Q", "nl ", "p_")))

    for _ in range(5):
        ours, theirs = rows(out(AGENT, "ss", *words)), rows(out("ss", "-n", *words))
        if ours == theirs:
            break
    equal(ours, theirs, f"ss {' '.join(words)}")
    return ours


for arguments in ("", "-a", "-tan", "-tln", "-tlnp", "-uan", "-wan", "-xa", "-xap", "-tane", "-tano", "-tanm",
                  "-tani", "-tanOiemo", "-4 -ta", "-6 -ta", "-tn state established", "-tan exclude listening",
                  "-tan state close-wait", "-tan state connected exclude established", "-A tcp,udp -an",
                  "-tan sport = :5353 or dport = :22", "-tuan sport = :5353", "-tuan sport > :5353",
                  "-tuan src 10.9.0.1", "-tan src 10.9.0.0/24", "-tan dst [fd09::1]", "-tan dst [fd09::/64]",
                  "-tuan ( src 10.9.0.1 and not sport = :5353 ) or src 127.0.0.53",
                  "-uan src 10.9.0.1:5353", "-uan dport lt :100", "-f inet6 -a"):
    add_case(f"ss {arguments}", same_sockets, *arguments.split())


@case
def ss_tells_the_same_as_json():
    held = sockets()
    rows = [json.loads(line) for line in out(AGENT, "ss", "-tuxaiemp", "-o", "json").splitlines()]
    tcp = [row for row in rows if row["protocol"] == "tcp"]
    equal(sorted(row["state"] for row in tcp),
          sorted(line.split()[0] for line in out("ss", "-Htan").splitlines()))
    check(all(row["processes"] == [] or row["processes"][0]["pid"] == held.pid for row in rows),
          "a socket is said to be somebody else's")
    own = [row for row in tcp if row["state"] == "ESTAB"]
    check(all(row["tcp"]["mss"] > 0 and row["memory"]["receive_limit"] > 0 for row in own), "no details")
    check(any(row["recv_queue"] == 6 for row in own), "nobody has six bytes to read")
    kinds = {row["type"] for row in rows if row["protocol"] == "unix" and row["path"]}
    equal(kinds, {"stream", "dgram", "seqpacket"})


@case
def ss_refuses_what_it_does_not_understand():
    namespaces()
    for words in ("-tan sport", "-tan ( sport = :1", "-tan sport = :none", "-tan dst 10.0.0.0/99", "-A what",
                  "-tan state nonsense", "-tan " + "( " * 300, "-tan dev nosuch"):
        equal(there(AGENT, "ss", *words.split()).returncode, 2, words)


# ---- packets

def pinged(tool, *words):
    done = there(*tool, "ping", *words)
    text = done.stdout.decode()
    return done.returncode, re.sub(r"time[= ]\S+( ms)?|= [0-9./]+ ms|, pipe \d+|\+\d+ errors, ", "T", text).strip()


for arguments in ("-c 2 -i 0.2 10.9.0.2", "-c 1 fd09::2", "-c 1 -s 1000 10.77.0.1", "-c 2 -i 0.2 -q 127.0.0.1",
                  "-c 1 -t 1 10.77.0.1", "-c 1 -I v0 10.9.0.2", "-c 1 -I 10.9.0.9 10.9.0.2",
                  "-c 3 -i 0.2 -w 1 10.9.0.2", "-c 1 -W 1 10.31.0.1"):
    def compared(*words):
        namespaces()
        there("ping", "-c", "1", "-W", "1", words[-1])  # whoever comes first asks for the hardware address
        ours, theirs = pinged([AGENT], *words), pinged([], *words)
        equal(ours, theirs, f"ping {' '.join(words)}")
    add_case(f"ping {arguments}", compared, *arguments.split())


@case
def ping_needs_a_privilege_or_a_group():
    namespaces()
    away = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all", "--"]
    out("sysctl", "-w", "net.ipv4.ping_group_range=1 0")
    done = there(*away, AGENT, "ping", "-c", "1", "127.0.0.1")
    equal(done.returncode, 2)
    check(b"ping_group_range" in done.stderr, done.stderr)
    out("sysctl", "-w", "net.ipv4.ping_group_range=0 65535")
    done = there(*away, AGENT, "ping", "-c", "1", "127.0.0.1")
    equal(done.returncode, 0, done.stderr)


@case
def traceroute_and_mtr_find_the_way():
    namespaces()
    for words in ("10.77.0.1", "-I 10.77.0.1", "-T -p 99 10.77.0.1", "fd09::2", "-I fd09::2"):
        text = out(AGENT, "traceroute", "-n", *words.split()).splitlines()
        address = words.split()[-1]
        equal(len(text), 2, words)
        check(re.fullmatch(rf" 1  {address}(  [0-9.]+ ms){{3}}", text[1]), f"{words}: {text[1]!r}")
    text = out(AGENT, "traceroute", "-n", "-m", "2", "-w", "0.3", "-q", "2", "10.20.0.9").splitlines()
    equal(text[1:], [" 1  * *", " 2  * *"])
    report = json.loads(out(AGENT, "mtr", "-n", "-c", "2", "-o", "json", "10.77.0.1"))
    equal((report["hop"], report["addresses"], report["sent"], report["received"]), (1, ["10.77.0.1"], 2, 2))


@case
def conntrack_knows_what_goes_through():
    namespaces()
    # Without a rule that asks for it, the kernel follows nothing.
    out("nft", "add", "table", "ip", "t")
    out("nft", "add", "chain", "ip", "t", "c", "{ type filter hook output priority 0; }")
    out("nft", "add", "rule", "ip", "t", "c", "ct", "state", "new", "accept")
    out("ping", "-c", "1", "10.9.0.2")
    entry = next(json.loads(line) for line in out(AGENT, "conntrack", "-p", "icmp", "-d", "10.9.0.2", "-o", "json").splitlines())
    equal((entry["src"], entry["dst"], entry["reply_src"]), ("10.9.0.1", "10.9.0.2", "10.9.0.2"))

    def plain(text):
        return sorted(re.sub(r"^(\w+ +\d+ )\d+", r"\1", " ".join(line.split())).replace("use=2", "use=1")
                      for line in text.splitlines())
    equal(plain(out(AGENT, "conntrack", "-L", "-p", "icmp")), plain(out("conntrack", "-L", "-p", "icmp")))


RULES = r"""
table inet t {
 set s {
  type ipv4_addr
  flags interval
  elements = { 10.0.0.0/8, 192.168.1.5-192.168.1.9 }
 }
 set p {
  type inet_service
  elements = { 80, 443 }
 }
 map m {
  type inet_service : verdict
  elements = { 22 : accept, 23 : drop }
 }
 chain other {
  udp dport 1000-2000 return
 }
 chain in {
  type filter hook input priority filter; policy drop;
  ct state established,related accept
  iifname "lo" accept
  iifname "eth*" counter drop
  ip saddr 10.1.0.0/16 tcp dport 22 accept comment "ssh in"
  ip saddr @s tcp dport @p accept
  tcp dport { 80, 443, 8000-8010 } accept
  tcp dport vmap @m
  ip6 saddr fd00::/8 udp dport 53 accept
  ip daddr != 10.0.0.1 limit rate 5/second accept
  meta mark 0x10 log prefix "x: " drop
  ip saddr 10.128.0.0/9 reject
  tcp dport 25 reject with tcp reset
  jump other
 }
}
table ip nat {
 chain post {
  type nat hook postrouting priority srcnat;
  oifname "eth0" masquerade
  fib daddr type local counter accept
 }
 chain pre {
  type nat hook prerouting priority dstnat;
  ip daddr 10.0.0.2 tcp dport 80 dnat to 10.0.0.3:8080
  tcp dport 81 redirect to :82
 }
}
"""


@case
def nft_lists_what_nft_lists():
    namespaces()
    subprocess.run(["ip", "netns", "exec", FAR, "nft", "-f", "-"], input=RULES.encode(), check=True)
    undo(lambda: there("nft", "flush", "ruleset", inside=FAR))
    for words in (["ruleset"], ["tables"], ["table", "ip", "nat"], ["table", "inet", "t"]):
        equal(lines(out(AGENT, "nft", "list", *words, inside=FAR)),
              lines(out("nft", "list", *words, inside=FAR)), words)
    kinds = [json.loads(line)["kind"] for line in out(AGENT, "nft", "-o", "json", "list", "ruleset", inside=FAR).splitlines()]
    equal(kinds.count("rule"), 18)
    done = there("setpriv", "--bounding-set", "-net_admin", AGENT, "nft", "list", "ruleset", inside=FAR)
    equal(done.returncode, 1)
    check(b"CAP_NET_ADMIN" in done.stderr, done.stderr)
    equal(there(AGENT, "nft", "flush", "ruleset", inside=FAR).returncode, 2)


@case
def every_parameter_that_procps_knows():
    namespaces()
    ours, theirs = ({line.split(" = ")[0] for line in out(*tool, "sysctl", "-a").splitlines()}
                    for tool in ((AGENT,), ()))
    # procps shows question marks for what is not printable.
    equal(sorted(name for name in ours ^ theirs if "we" not in name), [])


main()
