// process/open_files.h - what processes hold open: descriptors, directories, programs, mappings.
#pragma once

#include "commands/process/process.h"
#include "parse/fdinfo.h"
#include "parse/socket.h"

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::commands {

struct OpenFile {
    enum class Kind : std::uint8_t { directory, root, program, mapped, descriptor };
    Kind kind = Kind::descriptor;
    std::int64_t number = -1;  // of a descriptor
    std::string link;    // what the kernel calls it: "/app", "socket:[17]"; empty: not to know
    parse::FdInfo info;  // of a descriptor
    // Of the object itself, by its magic link; of a mapping there is only what maps says.
    std::optional<struct statx> status;
    std::uint64_t device = 0, inode = 0;

    [[nodiscard]] bool deleted() const { return link.ends_with(" (deleted)"); }
    [[nodiscard]] std::optional<std::uint64_t> socket() const;
};

// What to look at beside the descriptors' links, each of which costs system calls.
enum OpenFileParts : unsigned {
    descriptors = 1,
    places = 2,    // directory, root, program
    mappings = 4,  // files that are mapped, each once
    details = 8,   // fdinfo
    statuses = 16,
};

// The error is that of the descriptors' directory: what else cannot be seen is left out.
Result<> each_open_file(const Process& process, unsigned parts,
                        const std::function<void(OpenFile&)>& visit);

// Of inet and unix sockets, by inode, in every network namespace that was met.
class OpenSockets {
public:
    const parse::Socket* find(const Process& process, std::uint64_t inode);

private:
    std::vector<std::pair<std::string, std::vector<parse::Socket>>> namespaces_;
    pid_t last_pid_ = 0;
    std::size_t last_ = 0;
};

}  // namespace limpet::commands
