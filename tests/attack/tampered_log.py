# tampered_log.py - somebody changes what was recorded, and hopes that nobody can tell.
import hashlib
import json
import os
import shutil
import subprocess

import attack
from attack import CLIENT, AGENT, case, check, equal, run, scratch, start, until

made = None


def records():
    """A fresh copy of a log of seven entries with three recordings."""
    global made
    if not made:
        made = scratch("records")
        folder = scratch("serve")
        os.makedirs(folder, 0o700)
        serve = start(AGENT, "serve", "--listen", f"unix:{folder}/s", "--record-dir", made,
                      stderr=subprocess.DEVNULL)
        until(lambda: attack.limpet.listens(f"{folder}/s"), what="listening")
        for word in ("first", "second", "third"):
            done = run(CLIENT, "--host", f"unix:{folder}/s", "exec", f"pid:{os.getpid()}", "--", "echo",
                       word)
            equal(done.out, f"{word}\n".encode(), done.err)
        serve.terminate()
        serve.wait()
    copy = scratch(f"copy{os.urandom(4).hex()}")
    shutil.copytree(made, copy)
    return copy


def lines_of(folder):
    with open(f"{folder}/requests.log", "rb") as file:
        return file.read().splitlines(keepends=True)


def write(folder, lines):
    with open(f"{folder}/requests.log", "wb") as file:
        file.write(b"".join(lines))


def hash_of(line):
    return json.loads(line)["hash"]


def sealed(line, previous=None):
    """The same entry with a hash, and perhaps a predecessor, that fit."""
    if previous:
        old = json.loads(line)["previous"]
        line = line.replace(old.encode(), previous.encode())
    body = line[:line.rindex(b',"hash":"')]
    return body + b',"hash":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n'


def found(folder, entry, words, *options):
    done = run(CLIENT, "verify", "-o", "json", *options, folder)
    equal(done.returncode, 1, f"status ({done.err})")
    verdict = json.loads(done.out)
    equal((verdict["sound"], verdict["bad_entry"]), (False, entry), verdict)
    check(words in verdict["problem"], verdict)
    check(words in done.err.decode(), done.err)


@case
def an_untouched_log_is_sound():
    done = run(CLIENT, "verify", records())
    equal(done.returncode, 0, done.err)
    check(b"8 entries and 3 recordings" in done.out, done.out)


@case
def plain_json_lines_do_not_notice():
    """The control: without the chain nobody can tell the changed log from another."""
    folder = records()
    lines = lines_of(folder)
    lines[3] = lines[3].replace(b"second", b"harmless")
    write(folder, lines)
    entries = [json.loads(line) for line in lines_of(folder)]
    equal([entry["entry"] for entry in entries], list(range(1, 9)))
    equal(entries[3]["argv"], ["echo", "harmless"])


@case
def a_changed_entry_is_named():
    for at in range(8):
        folder = records()
        lines = lines_of(folder)
        lines[at] = lines[at].replace(b'"time":"2', b'"time":"1')
        write(folder, lines)
        found(folder, at + 1, "it is not what was written")


@case
def a_changed_entry_with_a_new_hash_breaks_the_chain():
    folder = records()
    lines = lines_of(folder)
    lines[3] = sealed(lines[3].replace(b"second", b"harmless"))
    write(folder, lines)
    found(folder, 5, "it does not follow the one before it")


@case
def entries_taken_out_put_in_or_moved_are_found():
    folder = records()
    lines = lines_of(folder)
    write(folder, lines[:3] + lines[5:])
    found(folder, 4, "taken out")
    write(folder, lines[:2] + [lines[3], lines[2]] + lines[4:])
    found(folder, 3, "moved")
    write(folder, lines[:4] + lines[3:])
    found(folder, 5, "put in")


@case
def an_end_that_was_cut_off_is_found():
    for keep in range(8):
        folder = records()
        write(folder, lines_of(folder)[:keep])
        found(folder, None, "cut off")
    folder = records()
    lines = lines_of(folder)
    write(folder, lines[:-1] + [lines[-1][:20]])
    found(folder, 8, "cut off in its middle")
    folder = records()
    os.unlink(f"{folder}/requests.head")
    found(folder, None, "requests.head is missing")


@case
def a_cut_with_a_new_head_is_found_by_its_recordings_and_by_a_noted_hash():
    folder = records()
    lines = lines_of(folder)
    last = hash_of(lines[-1])
    kept = lines[:3]
    write(folder, kept)
    with open(f"{folder}/requests.head", "w") as file:
        file.write(f"{3:020} {sum(map(len, kept)):020} {hash_of(kept[-1])}\n")
    found(folder, None, "no entry has the recording")
    named = {json.loads(line).get("recording") for line in kept}
    for name in os.listdir(folder):
        if name.endswith(".cast") and name not in named:
            os.unlink(f"{folder}/{name}")
    # Nothing in the directory tells any more: this is what the note is for.
    equal(run(CLIENT, "verify", folder).returncode, 0)
    found(folder, None, "cut off or replaced", "--noted", last)
    equal(run(CLIENT, "verify", "--noted", hash_of(kept[1]), folder).returncode, 0)


@case
def a_changed_missing_or_replaced_recording_is_found():
    def attacked(change):
        folder = records()
        name = json.loads(lines_of(folder)[4])["recording"]
        change(f"{folder}/{name}")
        return folder

    def append(path):
        with open(path, "a") as file:
            file.write('[9,"o","more"]\n')

    def link(path):
        os.rename(path, path + ".moved")
        os.symlink(path + ".moved", path)

    found(attacked(append), 5, "is not what was written")
    found(attacked(os.unlink), 5, "is not there")
    done = run(CLIENT, "verify", attacked(link))
    check(done.returncode != 0, "a link was followed")


@case
def a_hostile_log_neither_leads_out_nor_reaches_the_terminal():
    folder = records()
    lines = lines_of(folder)
    with open(scratch("secret"), "w") as file:
        file.write("x")
    end = json.loads(lines[4])
    evil = lines[4].replace(end["recording"].encode(), b"../secret\\u001b[2J")
    write(folder, lines[:4] + [sealed(evil)] + lines[5:])
    done = run(CLIENT, "verify", folder)
    check(done.returncode == 1 and b"\x1b" not in done.err + done.out, done.err)
    write(folder, lines[:2] + [b"[" * 100000 + b"\n"])
    found(folder, 3, "it is no JSON object")
    write(folder, lines[:2] + [b"x" * (9 << 20) + b"\n"])
    equal(run(CLIENT, "verify", folder).returncode, 125)


attack.main()
