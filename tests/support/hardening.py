# hardening.py - what a program's ELF headers and code say of how it was linked and compiled.
import re
import struct

LOAD, DYNAMIC, INTERP = 1, 2, 3
GNU_STACK, GNU_RELRO, GNU_PROPERTY = 0x6474E551, 0x6474E552, 0x6474E553
EXECUTE, WRITE = 1, 2
DT_TEXTREL, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1 = 22, 24, 30, 0x6FFFFFFB
BIND_NOW, TEXTREL = 8, 4
NOW, PIE = 1, 0x08000000


class Program:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.kind, self.machine = struct.unpack_from("<HH", self.data, 16)
        at, size, count = (struct.unpack_from("<Q", self.data, 32)[0],
                           *struct.unpack_from("<HH", self.data, 54))
        self.segments = [struct.unpack_from("<IIQQQQQQ", self.data, at + i * size) for i in range(count)]

    def of(self, kind):
        return [segment for segment in self.segments if segment[0] == kind]

    def dynamic(self):
        tags = {}
        for _, _, offset, _, _, size, _, _ in self.of(DYNAMIC):
            for at in range(offset, offset + size, 16):
                tag, value = struct.unpack_from("<QQ", self.data, at)
                if tag == 0:
                    break
                tags[tag] = value
        return tags

    def canaries(self):
        """Instructions of x86-64 that take the stack protector's word: %fs:0x28."""
        return len(re.findall(rb"\x64[\x48\x4c][\x8b\x2b\x33\x3b].\x25\x28\0\0\0", self.data, re.S))


def weaknesses(path):
    """The names of the protections of the headers that this program lacks."""
    program = Program(path)
    tags, missing = program.dynamic(), []
    flags, flags_1 = tags.get(DT_FLAGS, 0), tags.get(DT_FLAGS_1, 0)
    if program.kind != 3 or not flags_1 & PIE:
        missing.append("position independence")
    if program.of(INTERP):
        missing.append("static linking")
    if not program.of(GNU_RELRO):
        missing.append("RELRO")
    if not (flags & BIND_NOW or flags_1 & NOW or DT_BIND_NOW in tags):
        missing.append("BIND_NOW")
    stack = program.of(GNU_STACK)
    if not stack or stack[0][1] & EXECUTE:
        missing.append("a stack that is not executable")
    if DT_TEXTREL in tags or flags & TEXTREL:
        missing.append("text without relocations")
    if any(segment[1] & WRITE and segment[1] & EXECUTE for segment in program.of(LOAD)):
        missing.append("pages that are not both writable and executable")
    return missing
