# iptables.py - iptables -S and -L against the tools themselves, on rules of nf_tables and of ip_tables.
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, add_case, case, check, equal, main, run, start  # noqa: E402

BOTH = """
-N WEB
-P FORWARD DROP
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i eth+ -p udp -m udp --sport 1000:2000 -m comment --comment "hello x" -j WEB
-A INPUT ! -i lo -p tcp -m tcp ! --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP
-A FORWARD -p tcp -m multiport --dports 80,443,1000:1010 -j REJECT
-A OUTPUT -o docker0 -j LOG --log-prefix "seen: "
-A OUTPUT -m mark --mark 0x1/0xff -m limit --limit 5/min -j RETURN
-A WEB -g WEB2
-A WEB -j MARK --set-xmark 0x5/0xff
-t nat -A OUTPUT -m addrtype --dst-type LOCAL -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
-t nat -A POSTROUTING ! -o docker0 -j MASQUERADE
"""
FOUR = """
-A INPUT -s 10.0.0.0/8 -d 10.1.2.3 -p icmp -m icmp --icmp-type 8 -j DROP
-A FORWARD ! -s 10.1.0.0/16 -p tcp -j REJECT --reject-with icmp-host-prohibited
-t nat -A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.0.0.5:8080
-t nat -A POSTROUTING -s 172.17.0.0/16 -j SNAT --to-source 10.0.0.7
"""
SIX = """
-A INPUT -s fd00::/8 -d fd00::1 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j DROP
-A FORWARD ! -s fd01::/16 -p tcp -j REJECT --reject-with icmp6-adm-prohibited
-t nat -A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination [fd00::5]:8080
"""


def words(text):
    """Lines with single blanks."""
    return [" ".join(line.split()) for line in text.decode().splitlines() if line.strip()]


def compare(tool):
    if not shutil.which(tool) or os.geteuid() != 0:
        raise Skip(f"needs {tool} and root")
    name = tool.split("-")[0]
    holder = start("unshare", "-n", "sh", "-c", "echo ready; exec sleep 600", stdout=subprocess.PIPE)
    holder.stdout.readline()
    inside = ("nsenter", "-t", holder.pid, "-n")
    run(*inside, tool, "-N", "WEB2")
    run(*inside, "ip", "link", "set", "lo", "up")
    for rule in (BOTH + (SIX if name == "ip6tables" else FOUR)).split("\n"):
        rule = re.findall(r'"[^"]*"|\S+', rule)
        if not rule:
            continue
        done = run(*inside, tool, *[word.strip('"') for word in rule])
        if done.returncode != 0:
            raise Skip(f"{tool} cannot make rules here: {done.err.decode().strip()[-200:]}")
    run(*inside, "ping", "-c", "2", "-W", "1", "::1" if name == "ip6tables" else "127.0.0.1")
    for table in ("filter", "nat"):
        ours = words(run(*inside, AGENT, name, "-t", table, "-S").out)
        theirs = words(run(*inside, tool, "-t", table, "-S").out)
        same(ours, theirs, f"{tool} -t {table} -S")
        for options in (("-n",), ("-nv",), ("-nv", "--line-numbers"), ("-nvx",)):
            theirs = words(run(*inside, tool, "-t", table, "-L", *options).out)
            ours = words(run(*inside, AGENT, name, "-t", table, "-L", *options).out)
            # What the older one does not say of protocols with -n, the newer one says as a number.
            same([told(line) for line in ours], [told(line) for line in theirs], f"{tool} -t {table} -L {options}")
    one = words(run(*inside, AGENT, name, "-S", "WEB").out)
    equal(one, words(run(*inside, tool, "-S", "WEB").out), "one chain")
    rows = [json.loads(line) for line in run(*inside, AGENT, name, "-o", "json").out.splitlines()]
    check(any(row["rule"] and row["target"] == "LOG" for row in rows), rows)
    # Of chains nf_tables counts nothing for iptables.
    check(tool.endswith("nft") or sum(row["packets"] for row in rows if row["policy"]) > 0, "no counters")
    holder.kill()


def same(ours, theirs, what):
    for mine, other in zip(ours, theirs):
        equal(mine, other, what)
    equal(len(ours), len(theirs), what)


def told(line):
    """Without what the versions say differently: LOG's flags, names of protocols, REJECT's usual answer."""
    line = re.sub(r"LOG flags \d+ level \d+ prefix", "LOG prefix", line)
    return line.replace("ipv6-icmp ipv6-icmptype", "ipv6-icmptype").replace("limit: avg 5/min burst 5", "limit: avg 5/min")


for one in ("iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"):
    add_case(one.replace("-", "_"), compare, one)


@case
def no_rules_and_no_table():
    if os.geteuid() != 0:
        raise Skip("needs root")
    done = run("unshare", "-n", AGENT, "iptables", "-t", "raw", "-S")
    equal((done.returncode, done.out), (0, b""))
    check(b"neither nf_tables nor ip_tables has a table raw" in done.err, done.err)
    equal(run(AGENT, "iptables", "-A", "INPUT", "-j", "DROP").returncode, 2)
    equal(run(AGENT, "iptables", "-t", "nonsense", "-L").returncode, 2)


main()
