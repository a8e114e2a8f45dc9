# hardening.py - both programs have what the compiler and the linker give against exploits.
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from hardening import GNU_PROPERTY, Program, weaknesses  # noqa: E402
from limpet import AGENT, CLIENT, case, check, equal, main, must, scratch  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(AGENT))
SOURCE = "int main(int n, char** v) { char b[64]; for (int i = 0; v[0][i]; ++i) b[i] = v[0][i]; return b[n]; }\n"


def built(name, *options):
    source, path = scratch("naive.cpp"), scratch(name)
    with open(source, "w") as file:
        file.write(SOURCE)
    must("g++", "-O0", source, "-o", path, *options)
    return path


@case
def the_headers_of_both_programs():
    for program in AGENT, CLIENT:
        equal(weaknesses(program), [], program)


@case
def a_naive_program_has_each_of_the_weaknesses():
    naive = built("naive", "-no-pie", "-Wl,-z,norelro,-z,lazy,-z,execstack")
    equal(weaknesses(naive), ["position independence", "static linking", "RELRO", "BIND_NOW",
                              "a stack that is not executable"])
    mixed = weaknesses(built("mixed", "-static", "-nostdlib", "-fno-stack-protector", "-Wl,--omagic,-e,main"))
    check("pages that are not both writable and executable" in mixed, mixed)
    shared = scratch("text.s")
    with open(shared, "w") as file:
        file.write(".globl f\n.text\nf: .quad f\n.section .note.GNU-stack,\"\",@progbits\n")
    must("g++", "-shared", "-Wl,-z,notext", shared, "-o", scratch("text.so"))
    check("text without relocations" in weaknesses(scratch("text.so")), "text relocations go unnoticed")


@case
def functions_with_arrays_check_their_stack():
    # What is libc's own is in a program that protects nothing, too.
    others = Program(built("bare", "-static-pie", "-fno-stack-protector")).canaries()
    for program in AGENT, CLIENT:
        if Program(program).machine == 62:
            seen = Program(program).canaries()
            check(seen > 2 * others, f"{program}: {seen} checks, a bare program has {others}")


@case
def objects_are_protected_and_fortified():
    objects = sorted(glob.glob(f"{BUILD}/CMakeFiles/*.dir/a*/**/*.o", recursive=True))
    check(len(objects) > 400, f"{len(objects)} objects")
    # Not by nm(1), which shows what the link-time optimiser has of an object instead of its code.
    said = subprocess.run(["readelf", "-sW", *objects], capture_output=True, text=True, check=True).stdout
    calls, name = [], ""
    for line in said.splitlines():
        if line.startswith("File: "):
            name = line
        elif " UND " in line:
            calls.append((name, line.split()[-1]))
    protected = {name for name, call in calls if call == "__stack_chk_fail"}
    check(len(protected) > len(objects) * 3 // 4, f"{len(protected)} of {len(objects)} check their stack")
    fortified = {call for _, call in calls if call.endswith("_chk")}
    check(len(fortified) >= 3, f"of _FORTIFY_SOURCE only {sorted(fortified)}")


@case
def control_flow_is_marked_where_the_compiler_marks_all_of_it():
    """A note that every object needs, libc's as well: Debian 12's has none on amd64."""
    given = bool(Program(built("marked", "-static-pie", "-fcf-protection=full")).of(GNU_PROPERTY))
    for program in AGENT, CLIENT:
        if Program(program).machine == 62 and given:
            check(Program(program).of(GNU_PROPERTY), f"{program}: no note of IBT and SHSTK")


main()
