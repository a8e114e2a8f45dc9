// shell/redirect.cpp - redirections, XCU 2.7.
#include "shell/execute.h"
#include "shell/expand.h"
#include "shell/files.h"
#include "shell/shell.h"
#include "sys/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace limpet::shell {
namespace {

int flags_of(RedirectionKind kind) {
    switch (kind) {
        case RedirectionKind::read: return O_RDONLY;
        case RedirectionKind::append: return O_WRONLY | O_CREAT | O_APPEND;
        case RedirectionKind::read_write: return O_RDWR | O_CREAT;
        default: return O_WRONLY | O_CREAT | O_TRUNC;
    }
}

Result<Fd> open_target(Shell& shell, RedirectionKind kind, const std::string& path) {
    constexpr unsigned mode = 0666;
    int flags = flags_of(kind);
    if (kind == RedirectionKind::write && shell.on(opt_noclobber)) {
        const auto status = stat_path(shell, path, target::Follow::yes);
        if (!status) {
            flags = O_WRONLY | O_CREAT | O_EXCL;
        } else if (S_ISREG(status->stx_mode)) {
            return failed("open", path, EEXIST);
        }
    }
    return open_path(shell, path, flags, mode);
}

// A pipe holds a page without anyone reading; what is longer lies in memory as a file.
Result<Fd> document(const std::string& body) {
    constexpr std::size_t fits_pipe = 4096;
    if (body.size() <= fits_pipe) {
        auto [reading, writing] = TRY(sys::pipe());
        if (auto done = sys::write_all(writing, body); !done) return std::unexpected(done.error());
        return std::move(reading);
    }
    Fd memory = TRY(sys::memfd_create("here-document"));
    if (auto done = sys::write_all(memory, body); !done) return std::unexpected(done.error());
    ::lseek(memory.get(), 0, SEEK_SET);
    return memory;
}

bool move_to(Shell& shell, Fd from, int to) {
    if (from.get() == to) {
        ::fcntl(to, F_SETFD, 0);
        (void)from.release();
        return true;
    }
    if (::dup2(from.get(), to) >= 0) return true;
    shell.complain(std::to_string(to) + ": " + ::strerrordesc_np(errno));
    return false;
}

// n>&m, n<&m, n>&-
bool duplicate(Shell& shell, const Redirection& redirection, const std::string& word) {
    if (word == "-") {
        ::close(redirection.fd);
        return true;
    }
    int from = -1;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), from);
    if (code != std::errc{} || end != word.data() + word.size() || from < 0) {
        shell.complain(word + ": not a descriptor's number");
        return false;
    }
    const bool hidden = std::ranges::find(shell.private_fds, from) != shell.private_fds.end();
    if (hidden || ::fcntl(from, F_GETFD) < 0) {
        shell.complain(word + ": " + ::strerrordesc_np(EBADF));
        return false;
    }
    if (from == redirection.fd) return true;
    if (::dup2(from, redirection.fd) >= 0) return true;
    shell.complain(word + ": " + ::strerrordesc_np(errno));
    return false;
}

// A descriptor of ours that the script wants for itself moves away.
void make_room(Shell& shell, int fd) {
    const auto place = std::ranges::find(shell.private_fds, fd);
    if (place == shell.private_fds.end()) return;
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, fd + 1);
    if (shell.jobs.terminal == fd) shell.jobs.terminal = moved;
    *place = moved;
}

bool redirect_one(Shell& shell, const Redirection& redirection, const std::string& word,
                  SavedDescriptors* saved) {
    Fd opened;
    const bool duplicates = redirection.kind == RedirectionKind::duplicate_in ||
                            redirection.kind == RedirectionKind::duplicate_out;
    if (redirection.document) {
        auto body = document(word);
        if (!body) {
            shell.complain(text(body.error()));
            return false;
        }
        opened = *std::move(body);
    } else if (!duplicates) {
        auto file = open_target(shell, redirection.kind, word);
        if (!file) {
            shell.complain(text(file.error()));
            return false;
        }
        opened = *std::move(file);
    }
    make_room(shell, redirection.fd);
    // What was just opened may have got the very number: it must not be saved as the old one.
    if (opened && opened.get() == redirection.fd) {
        const int moved = private_copy(opened.get());
        if (moved < 0) return false;
        opened.reset(moved);
    }
    if (saved) saved->save(redirection.fd);
    if (duplicates) return duplicate(shell, redirection, word);
    return move_to(shell, std::move(opened), redirection.fd);
}

}  // namespace

void SavedDescriptors::save(int fd) {
    for (const auto& entry : saved_) {
        if (entry.fd == fd) return;
    }
    const int copy = private_copy(fd);
    if (copy >= 0) shell_.private_fds.push_back(copy);
    saved_.push_back({fd, copy});
}

void SavedDescriptors::restore() {
    while (!saved_.empty()) {
        const auto [fd, copy] = saved_.back();
        saved_.pop_back();
        if (copy < 0) {
            ::close(fd);
            continue;
        }
        ::dup2(copy, fd);
        ::close(copy);
        std::erase(shell_.private_fds, copy);
    }
}

void SavedDescriptors::keep() {
    for (const auto& [fd, copy] : saved_) {
        if (copy < 0) continue;
        ::close(copy);
        std::erase(shell_.private_fds, copy);
    }
    saved_.clear();
}

bool expand_targets(Shell& shell, std::span<const Redirection> redirections,
                    std::vector<std::string>& targets) {
    for (const auto& redirection : redirections) {
        auto& word = targets.emplace_back();
        const auto& written =
            redirection.document ? redirection.document->body : redirection.target;
        if (!expand_text(shell, written, word)) return false;
    }
    return true;
}

bool redirect(Shell& shell, std::span<const Redirection> redirections, SavedDescriptors* saved,
              const std::vector<std::string>* targets) {
    for (std::size_t i = 0; i < redirections.size(); ++i) {
        std::vector<std::string> own;
        if (!targets && !expand_targets(shell, redirections.subspan(i, 1), own)) return false;
        if (redirect_one(shell, redirections[i], targets ? (*targets)[i] : own[0], saved)) continue;
        if (!shell.leaving()) shell.status = 1;
        return false;
    }
    return true;
}

}  // namespace limpet::shell
