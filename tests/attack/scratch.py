# scratch.py - $LIMPET_SCRATCH: a session writes there, the target sees nothing of it.
import os

from attack import Box, case, check, equal, limpet, main


def shell(box, *argv):
    """A script, or a command with its arguments: what it printed, its complaints, its status."""
    done = limpet.limpet_exec(box.target, *(argv if len(argv) > 1 else ("sh", "-c", *argv)))
    return done.stdout.decode(), done.stderr.decode(), done.returncode


@case
def redirections_and_commands_reach_it():
    with Box("wait", files={"/etc/file": "of the target\n"}) as box:
        seen = shell(box, """
            cat /etc/file > $LIMPET_SCRATCH/copy
            echo more >> $LIMPET_SCRATCH/copy
            cd $LIMPET_SCRATCH && pwd && cat < copy && wc -l copy
            for file in *; do echo "found $file"; done
            [ -w copy ] && [ -d . ] && ls -l . | tail -n +2 | wc -l
            set -C; echo no > copy || echo kept
            . ./copy 2>/dev/null; cat ../copy $LIMPET_SCRATCH/../copy | wc -l
        """)
        check("found copy" in seen[0] and "of the target\nmore\n" in seen[0] and "kept" in seen[0], seen)
        equal(seen[0].splitlines()[0], "/.limpet/scratch", "the working directory")


@case
def commands_write_there_and_nowhere_else():
    with Box("wait", files={"/etc/lines": "b\na\n"}) as box:
        out, error, status = shell(box, """
            cd $LIMPET_SCRATCH; cat /etc/lines | tee copy | wc -l
            sort -o sorted /etc/lines; cat sorted; sed -n 'w written' copy; cat written
            xargs -a /etc/lines -n 1 tee -a many < /dev/null; ls -A
        """)
        equal((out, error, status), ("2\na\nb\nb\na\na\nb\ncopy\nmany\nsorted\nwritten\n", "", 0))
        for argv in ("tee /etc/new", "sort -o /etc/lines /etc/lines", "tee -a /.limpet/x"):
            out, error, status = shell(box, f"echo x | {argv}")
            check(status != 0 and "needs --allow modify" in error, (argv, out, error, status))
        equal(sorted(os.listdir(f"{box.root}/etc")), ["lines"], "the target's files")


@case
def the_target_is_still_not_written():
    with Box("wait") as box:
        for place in ("/etc/new", "/.limpet/new", "/tmp/new", "/.limpet/scratched"):
            out, error, status = shell(box, f"echo x > {place}")
            check(status != 0 and "needs --allow modify" in error, (place, out, error, status))
        equal(shell(box, "ln -s x y 2>/dev/null; echo x > $LIMPET_SCRATCH/x; ls -A /")[0].split(),
              sorted(os.listdir(box.root)), "the target's root")
        check(not os.path.exists(f"{box.root}/.limpet"), "the target has the directory")


@case
def it_is_the_sessions_own():
    with Box("wait") as box:
        equal(shell(box, "echo x > $LIMPET_SCRATCH/x; ls $LIMPET_SCRATCH")[0], "x\n", "the first session")
        equal(shell(box, "ls $LIMPET_SCRATCH")[0], "", "the second session")
        equal(shell(box, "ls", "-A", "/.limpet/scratch")[0], "", "a command alone")


@case
def links_of_the_target_do_not_lead_there():
    def prepare(root):
        os.symlink("/.limpet/scratch", f"{root}/way")

    with Box("wait", prepare=prepare) as box:
        out, error, status = shell(box, "echo x > $LIMPET_SCRATCH/x; cat /way/x")
        check(status != 0 and out == "", (out, error, status))
        out, error, status = shell(box, "echo x > /way/y")
        check(status != 0, (out, error, status))


@case
def it_is_bounded():
    with Box("wait", files={"/etc/large": b"x" * (8 << 20)}) as box:
        out, error, status = shell(box, """
            for round in 1 2 3 4 5 6 7 8 9 10; do cat /etc/large; done > $LIMPET_SCRATCH/all
            wc -c < $LIMPET_SCRATCH/all
        """)
        check("No space left" in error and int(out) <= 64 << 20, (out, error, status))


main()
