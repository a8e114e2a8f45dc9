// process/open_files.cpp - what processes hold open.
#include "commands/process/open_files.h"

#include "commands/network/sockets.h"
#include "parse/lines.h"
#include "parse/maps.h"
#include "parse/number.h"
#include "target/deadline.h"

#include <sys/sysmacros.h>

#include <algorithm>

namespace limpet::commands {
namespace {

using Visit = std::function<void(OpenFile&)>;

// Through the magic link to the object itself, which is not opened. AT_STATX_DONT_SYNC: what a
// network's or a FUSE's server would have to be asked for is answered from what the kernel has.
std::optional<struct statx> object(BorrowedFd directory, const std::string& name) {
    target::deadline::enter();
    auto status = sys::statx(directory, name, AT_STATX_DONT_SYNC);
    return status ? std::optional(*status) : std::nullopt;
}

void visit_places(const Process& process, unsigned parts, const Visit& visit) {
    struct Place {
        OpenFile::Kind kind;
        const char* name;
    };
    constexpr Place list[]{{OpenFile::Kind::directory, "cwd"},
                           {OpenFile::Kind::root, "root"},
                           {OpenFile::Kind::program, "exe"}};
    for (const auto& [kind, name] : list) {
        OpenFile file{.kind = kind};
        auto link = process.at.readlink(name);
        // Kernel threads have no program.
        if (!link && link.error().code == ENOENT) continue;
        if (link) file.link = *std::move(link);
        if (parts & statuses) file.status = object(process.at.fd, name);
        visit(file);
    }
}

// "fe:00" as major(3) and minor(3) have it.
std::uint64_t device_of(std::string_view text) {
    const auto major = parse::number<unsigned>(parse::take(text, ':'), 16);
    const auto minor = parse::number<unsigned>(text, 16);
    return major && minor ? makedev(*major, *minor) : 0;
}

void visit_mappings(const Process& process, const Visit& visit) {
    const auto file = process.at.open("maps", O_RDONLY);
    if (!file) return;
    Input input(*file, true);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (;;) {
        const auto line = input.line();
        if (!line || !*line) return;
        auto text = **line;
        if (text.ends_with('\n')) text.remove_suffix(1);
        auto mapping = parse::mapping(text);
        if (!mapping || mapping->inode == 0 || !mapping->path.starts_with('/')) continue;
        const std::pair id(device_of(mapping->device), mapping->inode);
        // Mappings of one file mostly stand together; a table keeps 10^5 of them from being square.
        const auto place = std::ranges::lower_bound(seen, id);
        if (place != seen.end() && *place == id) continue;
        seen.insert(place, id);
        OpenFile mapped{.kind = OpenFile::Kind::mapped, .link = std::move(mapping->path)};
        mapped.device = id.first;
        mapped.inode = id.second;
        visit(mapped);
    }
}

}  // namespace

std::optional<std::uint64_t> OpenFile::socket() const {
    constexpr std::string_view prefix = "socket:[";
    if (!link.starts_with(prefix)) return std::nullopt;
    return parse::number<std::uint64_t>(
        std::string_view(link).substr(prefix.size(), link.size() - prefix.size() - 1));
}

Result<> each_open_file(const Process& process, unsigned parts, const Visit& visit) {
    if (parts & places) visit_places(process, parts, visit);
    if (parts & mappings) visit_mappings(process, visit);
    if ((parts & descriptors) == 0) return {};
    const auto links = TRY(process.at.child("fd"));
    // Without it only what the links say is known.
    Process infos{.pid = process.pid};
    if (parts & details) {
        if (auto directory = process.at.child("fdinfo")) infos.at = *std::move(directory);
    }
    target::Listing listing(links.fd, links.name);
    for (;;) {
        const auto entry = TRY(listing.next());
        if (!entry) return {};
        const std::string name(entry->name);
        auto link = links.readlink(name);
        // Their numbers may be seen by who must not know what they are.
        if (!link && link.error().code == EACCES) return std::unexpected(link.error());
        if (!link) continue;  // closed meanwhile
        OpenFile file{.number = parse::number<std::int64_t>(name).value_or(-1),
                      .link = *std::move(link)};
        if (infos.at.fd) {
            if (const auto text = read_small(infos, name.c_str())) file.info = parse::fdinfo(*text);
        }
        if (parts & statuses) file.status = object(links.fd, name);
        visit(file);
    }
}

const parse::Socket* OpenSockets::find(const Process& process, std::uint64_t inode) {
    if (process.pid != last_pid_ || namespaces_.empty()) {
        last_pid_ = process.pid;
        const auto name = process.at.readlink("ns/net").value_or("");
        const auto known = std::ranges::find(
            namespaces_, name, [](const auto& entry) -> const auto& { return entry.first; });
        last_ = static_cast<std::size_t>(known - namespaces_.begin());
        if (known == namespaces_.end()) {
            auto& sockets = namespaces_.emplace_back(name, std::vector<parse::Socket>{}).second;
            each_proc_socket(process, [&](parse::Socket&& socket) {
                if (socket.inode != 0) sockets.push_back(std::move(socket));
            });
            std::ranges::sort(sockets, {}, &parse::Socket::inode);
        }
    }
    const auto& sockets = namespaces_[last_].second;
    const auto found = std::ranges::lower_bound(sockets, inode, {}, &parse::Socket::inode);
    return found != sockets.end() && found->inode == inode ? &*found : nullptr;
}

}  // namespace limpet::commands
