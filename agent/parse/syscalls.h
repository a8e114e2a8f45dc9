// parse/syscalls.h - system calls by number: names and the kinds of their arguments.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// Of this machine, in the form of name_table.h: "NUMBER=NAME:KINDS", where before the kinds stands
// ^ when the result is a descriptor, = when it is an address. Kinds, a letter each:
//   d D  int, long                    u U  unsigned
//   h X  number in hexadecimal        o m  mode; m only of what makes a file
//   x    pointer                      f F  descriptor, two that are filled
//   p s  path, text                   b B  buffer, one that is filled; length next
//   C    text that is filled          S R  sockaddr, length next; one that is filled
//   t T  timespec, timeval            H    timespec that is filled
//   q Q  stat, statx, filled          v e  argv, envp
//   i I  iovec, filled; count next    M N  msghdr, filled
//   P    pollfd, count next           E V  epoll_event, filled ones
//   w    wait status                  z    signal
//   g G  signal set, filled           a y  sigaction, filled
//   J j  rlimit, filled               K W  value of a socket option, filled; length next
//   Y    length that is filled        k    what the command of fcntl asks for
//   A L  open_how, clone_args         #c   number with names, by the table c
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
    std::bitset<syscalls_limit> numbers;
    std::string unknown;
};
SyscallSet syscall_set(std::string_view list);

// The table behind #c; empty when there is none. It begins with ! when its names exclude one
// another.
std::string_view argument_names(char table);

}  // namespace limpet::parse
