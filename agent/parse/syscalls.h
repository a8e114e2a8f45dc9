// parse/syscalls.h - system calls by number: names and the kinds of their arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// Of this machine, in the form of name_table.h: "NUMBER=NAME:KINDS", where before the kinds stands
// ^ when the result is a descriptor, = when it is an address. Kinds, a letter each:
//   d D int, long      u U unsigned      x pointer      h X number in hexadecimal    o mode
//   f descriptor       p path            s text         b buffer, length next
//   B buffer that is filled, by the result or, of getrandom and readlink, too        C the same,
//   text S sockaddr, length next              R sockaddr that is filled, place of its length next
//   t T timespec, timeval    H timespec that is filled       q Q stat, statx that is filled
//   v e argv, envp     w wait status     i I iovec, one that is filled; count next
//   M N msghdr, filled       P pollfd, count next    E V epoll_event, filled ones      F two
//   descriptors z signal   g G signal set, filled    a y sigaction, filled   A open_how   L
//   clone_args k what fcntl's command asks for      m mode, only of what makes a file #c a number
//   with names, by the table c
extern const std::string_view syscall_table;

struct Syscall {
    std::string_view name;
    std::string_view kinds;
    bool descriptor = false;  // what the result is
    bool address = false;
};

inline constexpr std::size_t syscalls_limit = 512;

// By number; those without a name are unused.
const std::vector<Syscall>& syscalls();

// "read,openat", "%file", "!%network", "all", "none": which numbers those are. The word that
// nothing is called makes the second an error.
struct SyscallSet {
    std::vector<bool> numbers = std::vector<bool>(syscalls_limit, false);
    std::string unknown;
};
SyscallSet syscall_set(std::string_view list);

// The table behind #c; empty when there is none. It begins with ! when its names exclude one
// another.
std::string_view argument_names(char table);

}  // namespace limpet::parse
