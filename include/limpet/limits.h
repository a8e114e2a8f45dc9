// limits.h - a limit on everything that a peer or a target chooses the size of, with its why.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet::limits {

// Frames. A data frame is one read of a pipe of 1 MiB (F_SETPIPE_SZ's unprivileged maximum) cut in
// four, so that several sessions share a connection fairly.
inline constexpr std::size_t data_payload = 256 * 1024;
// argv plus environment; execve(2) itself allows 2 MiB.
inline constexpr std::size_t open_payload = 1024 * 1024;
// hello, exit, error and the fixed-size frames.
inline constexpr std::size_t control_payload = 64 * 1024;

// Bytes that a sender may have in flight per stream before the receiver grants more. With two
// output streams a session holds at most 2 MiB on either side.
inline constexpr std::uint32_t initial_credit = 1024 * 1024;

// What is typed at a prompt and kept by the client: a line of a person, and what a thousand of them
// take. It travels in the open frame.
inline constexpr std::size_t history_entry = 16 * 1024;
inline constexpr std::size_t history = 256 * 1024;
inline constexpr std::size_t history_entries = 1000;

inline constexpr std::size_t sessions_per_connection = 1024;
inline constexpr std::size_t connections = 256;
inline constexpr std::size_t arguments = 65536;  // in one open

// Seconds.
inline constexpr int hello_deadline = 5;       // a peer that connects and says nothing
inline constexpr int heartbeat_interval = 15;  // a ping is sent when a peer was silent that long
inline constexpr int heartbeat_deadline = 60;  // and the connection is given up after that
inline constexpr int file_deadline = 10;       // one file operation on the target (FUSE, NFS)
inline constexpr int entry_deadline = 10;      // joining and cloning the target's tree

// $LIMPET_SCRATCH, per session: it is memory of the node.
inline constexpr std::size_t scratch_size = 64 * 1024 * 1024;
inline constexpr std::size_t scratch_files = 4096;
// What a session with --scratch may write to its view, and over how many file systems that lies.
inline constexpr std::size_t view_size = 256 * 1024 * 1024;
inline constexpr std::size_t view_files = 65536;
inline constexpr std::size_t view_mounts = 64;

// Reads of whole small files (procfs, passwd, state files).
inline constexpr std::size_t small_file = 1024 * 1024;
inline constexpr std::size_t large_procfs_file = 64 * 1024 * 1024;  // maps of 10^5 mappings

// A directory of more entries than this is listed unsorted, as it is read.
inline constexpr std::size_t sorted_entries = 200'000;

}  // namespace limpet::limits
