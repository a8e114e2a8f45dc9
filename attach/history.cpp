// history.cpp - what was typed in sessions with one target, kept on this side of the wire.
#include "attach/history.h"

#include "attach/sanitiser.h"
#include "limpet/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace limpet::attach {
namespace {

// Targets come and go; the files of those that were used last stay.
constexpr std::size_t files_kept = 200;
// The escapes may double it.
constexpr std::size_t file_limit = 2 * limits::history + limits::history_entries;

std::string state_folder() {
    const char* state = ::getenv("XDG_STATE_HOME");
    if (state && state[0] == '/') return state;
    const char* home = ::getenv("HOME");
    return home && home[0] == '/' ? std::string(home) + "/.local/state" : std::string();
}

// Ours, and nobody else's to read: else nothing is kept there.
Fd open_folder(const std::string& path) {
    for (std::size_t slash = 1; (slash = path.find('/', slash)) != path.npos; ++slash) {
        ::mkdir(path.substr(0, slash).c_str(), 0700);
    }
    ::mkdir(path.c_str(), 0700);
    Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (!folder || ::fstat(folder.get(), &status) != 0) return {};
    const bool ours = status.st_uid == ::geteuid() && (status.st_mode & 077) == 0;
    return ours ? std::move(folder) : Fd();
}

// "web", "ssh%3Aroot%40node web": a name that is no path, whatever it was made of.
std::string file_name(std::string_view host, std::string_view target) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    constexpr char digits[] = "0123456789ABCDEF";
    constexpr std::size_t longest = 200;  // of NAME_MAX, 255
    std::string name;
    const auto add = [&](std::string_view text) {
        for (const char byte : text) {
            const auto value = static_cast<unsigned char>(byte);
            // A dot only where it hides nothing and is no "..".
            if (plain.contains(byte) || (byte == '.' && !name.empty())) {
                name += byte;
            } else {
                name += {'%', digits[value >> 4], digits[value & 15]};
            }
        }
    };
    if (host != "local") {
        add(host);
        name += ' ';
    }
    add(target);
    return name.size() > longest ? std::string() : name;
}

std::string escaped(std::string_view entry) {
    std::string line;
    for (const char byte : entry) {
        if (byte == '\\') line += '\\';
        if (byte == '\n') line += "\\n";
        if (byte != '\n') line += byte;
    }
    return line += '\n';
}

std::string unescaped(std::string_view line) {
    std::string entry;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool escape = line[i] == '\\' && i + 1 < line.size();
        if (escape) ++i;
        entry += escape && line[i] == 'n' ? '\n' : line[i];
    }
    return entry;
}

bool is_harmless(std::string_view entry) {
    std::string shown;
    Sanitiser sanitiser;
    sanitiser.add(entry, shown);
    sanitiser.finish(shown);
    return shown == entry;
}

std::vector<std::string> read_entries(int folder, const std::string& file) {
    std::vector<std::string> entries;
    const Fd opened(::openat(folder, file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat status{};
    if (!opened || ::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) return entries;
    std::string text(file_limit, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(opened.get(), text.data() + size, text.size() - size);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    std::string_view rest(text.data(), size);
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (!line.empty()) entries.push_back(unescaped(line));
    }
    return entries;
}

// The newest that fit into the limits.
void trim(std::vector<std::string>& entries) {
    std::size_t bytes = 0;
    std::size_t kept = 0;
    while (kept < std::min(entries.size(), limits::history_entries)) {
        bytes += entries[entries.size() - 1 - kept].size() + 1;
        if (bytes > limits::history) break;
        ++kept;
    }
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(kept));
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace

History::History(std::string_view host, std::string_view target) : file_(file_name(host, target)) {
    const auto state = state_folder();
    if (!state.empty() && !file_.empty()) folder_ = open_folder(state + "/limpet/history");
}

std::string History::load() const {
    if (!folder_) return {};
    auto entries = read_entries(folder_.get(), file_);
    trim(entries);
    std::string all;
    for (const auto& entry : entries) (all += entry) += '\0';
    return all;
}

void History::take(std::string_view bytes) {
    total_ += bytes.size();
    if (!folder_ || total_ > limits::history) return;
    while (!bytes.empty()) {
        const auto end = bytes.find('\0');
        const auto piece = bytes.substr(0, end);
        // One byte more than allowed says that it was too long.
        begun_ += piece.substr(0, limits::history_entry + 1 - begun_.size());
        if (end == bytes.npos) return;
        bytes.remove_prefix(end + 1);
        if (!begun_.empty() && begun_.size() <= limits::history_entry && is_harmless(begun_)) {
            taken_.push_back(begun_);
        }
        begun_.clear();
    }
}

void History::save() {
    if (!folder_ || taken_.empty()) return;
    if (::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) return;
    auto entries = read_entries(folder_.get(), file_);
    const bool is_new = entries.empty();
    for (auto& entry : taken_) {
        if (entries.empty() || entries.back() != entry) entries.push_back(entry);
    }
    trim(entries);
    std::string text;
    for (const auto& entry : entries) text += escaped(entry);
    // Whole or not at all: the lock is ours, and so is the name.
    constexpr const char* temporary = ".new";
    ::unlinkat(folder_.get(), temporary, 0);
    Fd file(::openat(folder_.get(), temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const bool written = file && write_all(file.get(), text);
    if (written && ::renameat(folder_.get(), temporary, folder_.get(), file_.c_str()) == 0) {
        taken_.clear();
        if (is_new) drop_oldest_files();
    }
    ::flock(folder_.get(), LOCK_UN);
}

void History::drop_oldest_files() const {
    struct Kept {
        time_t used;
        std::string name;
    };
    std::vector<Kept> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(
        ::fdopendir(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), ::closedir);
    if (!listing) return;
    while (const auto* entry = ::readdir(listing.get())) {
        struct stat status{};
        if (::fstatat(folder_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode)) {
            all.push_back({status.st_mtime, entry->d_name});
        }
    }
    std::ranges::sort(all, std::ranges::greater(), &Kept::used);
    for (std::size_t i = files_kept; i < all.size(); ++i) {
        ::unlinkat(folder_.get(), all[i].name.c_str(), 0);
    }
}

}  // namespace limpet::attach
