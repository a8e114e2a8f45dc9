// commands/collect.h - what some commands ask the kernel for before they give up what the session
// has, and read afterwards: rules, logs and filters that it tells only to a right which no command
// may keep.
#pragma once

#include "target/target.h"

#include <span>
#include <string>

namespace limpet::commands {

// `arguments`: the words of the call, that nobody has parsed yet.
using Collect = void(const target::Target& target, std::span<const std::string> arguments);

Collect collect_netfilter;      // nft, iptables, ip6tables
Collect collect_kernel_log;     // dmesg
Collect collect_kernel_stacks;  // stack
Collect collect_filters;        // seccomp -d

// The processes that the words name, or the main one.
std::vector<pid_t> named_processes(const target::Target& target,
                                   std::span<const std::string> arguments);

}  // namespace limpet::commands
