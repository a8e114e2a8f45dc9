// commands/create.cpp - the one place through which files are written.
#include "commands/create.h"

#include "commands/run.h"
#include "commands/spoken.h"
#include "limpet/limits.h"
#include "parse/number.h"
#include "sys/file.h"
#include "sys/process.h"
#include "target/confine.h"
#include "target/deadline.h"
#include "target/resolve.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace limpet::commands {
namespace {

int flags_of(Writing how) {
    constexpr int writing = O_WRONLY | O_NOCTTY;
    switch (how) {
        case Writing::truncate: return writing | O_CREAT | O_TRUNC;
        case Writing::append: return writing | O_CREAT | O_APPEND;
        case Writing::exclusive: return writing | O_CREAT | O_EXCL;
        case Writing::keep: return writing | O_CREAT;
        case Writing::only_there: return writing;
    }
    return writing;
}

// Why a path may be read-only, and what changes that.
const char* hint_at(const target::Target& target, const target::Directory* directory) {
    if (target.mode == target::Mode::here || directory != &target.root) return nullptr;
    if (any(target.grants & Grant::modify)) return "it is read-only in the target too";
    if (any(target.grants & Grant::scratch)) return "the copy-on-write view does not cover it";
    // A container that does not run is never written to.
    return target.pid != 0 ? target::write_hint : nullptr;
}

Error with_hint(Error error, const char* hint) {
    if (error.code == EROFS && hint) error.hint() = hint;
    return error;
}

// The kernel keeps a name that carries a mount in one's own mount namespace; our tree is in none,
// so with the name it would take the mount away from the target.
bool carries_mount(const Place& place) {
    if (!place.target || place.target->mode == target::Mode::here) return false;
    const auto status = sys::statx(BorrowedFd(place.at()), place.name, AT_SYMLINK_NOFOLLOW);
    return status && (status->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Result<> done(long result, const Place& place, std::string_view action) {
    if (result == 0) return {};
    return place.failed(action);
}

}  // namespace

Result<Fd> create(const Invocation& call, std::string_view operand, Writing how, unsigned mode) {
    const auto [directory, rest] = target::place(call.target, call.path(operand));
    const auto* hint = hint_at(call.target, directory);
    const bool tree = directory == &call.target.root && call.target.mode != target::Mode::here;
    if (tree && !target::may_write(call.target)) {
        auto error = failed("write", operand, EROFS);
        error.error().hint() = hint ? hint : "";
        return error;
    }
    auto file = directory->create(rest, flags_of(how), (flags_of(how) & O_CREAT) ? mode : 0);
    if (!file) {
        file.error() = with_hint(std::move(file.error()), hint);
        file.error().action() = "write";
        file.error().subject() = operand;
    }
    return file;
}

Result<Fd> create_apart(const target::Target& target, const std::string& path, int flags,
                        unsigned mode) {
    const auto [directory, rest] = target::place(target, path);
    auto [ours, theirs] = TRY(sys::socketpair());
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) return failed("fork", path);
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        target::deadline::enable();
        Result<Fd> file{};
        if (auto confined = target::confine(Grant::files | Grant::modify, target); !confined) {
            file = std::unexpected(confined.error());
        } else {
            file = directory->create(rest, flags, mode);
        }
        (void)sys::send_message(theirs, file ? "F" : "E" + std::to_string(file.error().code),
                                file ? BorrowedFd(*file) : BorrowedFd(-1));
        ::_exit(0);
    }
    theirs.reset();
    auto answer = sys::receive_message(ours, limits::file_deadline + 2);
    ::kill(child, SIGKILL);
    const auto status = wait_for(child, "open");
    if (!answer || answer->bytes.empty()) {
        const auto line = epitaph("open " + path, status ? *status : 0);
        return refused("open " + path, line.empty() ? "the process that opens it died" : line);
    }
    if (answer->fd) return std::move(answer->fd);
    const auto code = parse::number<int>(std::string_view(answer->bytes).substr(1)).value_or(EIO);
    return std::unexpected(with_hint(Error{code, "open", path, {}}, hint_at(target, directory)));
}

std::unexpected<Error> Place::failed(std::string_view action) const {
    return std::unexpected(with_hint(limpet::failed(action, spoken).error(), hint));
}

Result<struct statx> Place::stat() const {
    target::deadline::enter();
    auto status = sys::statx(BorrowedFd(at()), name, how());
    if (!status) status.error().subject() = spoken;
    return status;
}

Place Place::child(const target::Directory& opened, std::string_view name_in_it) const {
    auto whole = spoken;
    if (!whole.ends_with('/')) whole += '/';
    auto place = entry(opened, name_in_it, whole.append(name_in_it));
    place.directory.fd = Fd(::fcntl(opened.fd.get(), F_DUPFD_CLOEXEC, 3));
    place.borrowed = -1;
    return place;
}

Place Place::entry(const target::Directory& held, std::string_view entry, std::string as) const {
    Place place;
    place.borrowed = held.fd.get();
    place.name = entry;
    place.spoken = std::move(as);
    place.hint = hint;
    place.target = target;
    return place;
}

Result<Place> place_behind(const Invocation& call, std::string_view operand) {
    if (operand.empty()) return failed("open", operand, ENOENT);
    Place place;
    place.path = call.path(operand);
    const auto [directory, rest] = target::place(call.target, place.path);
    place.spoken = operand;
    place.hint = hint_at(call.target, directory);
    place.target = &call.target;
    place.directory.fd = TRY(directory->open(rest, O_PATH));
    return place;
}

Result<Fd> create_beside(const Place& place, Place& half) {
    half = place.entry({}, ".limpet-" + std::to_string(::getpid()), place.spoken);
    half.borrowed = place.at();
    auto opened =
        target::resolve(BorrowedFd(half.at()), half.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, 0600);
    if (opened) return opened;
    errno = opened.error().code;
    return half.failed("write");
}

bool asked(Invocation& call, const std::string& question) {
    call.out.flush();
    speak(call.error, std::string(call.command.name) + ": " + question + ' ');
    call.error.flush();
    const auto line = call.in.line();
    return line && *line && !(*line)->empty() && ((**line)[0] == 'y' || (**line)[0] == 'Y');
}

Result<Place> place_of(const Invocation& call, std::string_view operand) {
    if (operand.empty()) return failed("open", operand, ENOENT);
    auto path = call.path(operand);
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const auto [directory, rest] = target::place(call.target, path);
    Place place;
    place.spoken = operand;
    place.hint = hint_at(call.target, directory);
    place.target = &call.target;
    const auto slash = rest.rfind('/');
    place.name = slash == rest.npos ? rest : rest.substr(slash + 1);
    auto parent = slash == rest.npos ? std::string(".") : rest.substr(0, slash);
    if (place.name.empty() || place.name == "." || place.name == "..") {
        parent = rest;
        place.name = ".";
    }
    if (parent.empty()) parent = "/";
    auto opened = directory->open(parent, O_PATH | O_DIRECTORY);
    if (!opened) {
        opened.error().subject() = operand;
        return std::unexpected(opened.error());
    }
    place.directory = {*std::move(opened), std::move(parent)};
    return place;
}

Result<> make_directory(const Place& place, unsigned mode) {
    target::deadline::enter();
    return done(::mkdirat(place.at(), place.name.c_str(), mode), place, "make directory");
}

Result<> remove(const Place& place, bool directory) {
    target::deadline::enter();
    if (carries_mount(place)) {
        errno = EBUSY;
        return place.failed("remove");
    }
    const int flags = directory ? AT_REMOVEDIR : 0;
    return done(::unlinkat(place.at(), place.name.c_str(), flags), place, "remove");
}

Result<> rename(const Place& from, const Place& to, unsigned flags) {
    target::deadline::enter();
    if (carries_mount(from) || carries_mount(to)) {
        return limpet::failed("move", from.spoken + " to " + to.spoken, EBUSY);
    }
    const int result =
        flags == 0 ? ::renameat(from.at(), from.name.c_str(), to.at(), to.name.c_str())
                   : ::renameat2(from.at(), from.name.c_str(), to.at(), to.name.c_str(), flags);
    if (result == 0) return {};
    auto error = limpet::failed("move", from.spoken + " to " + to.spoken);
    error.error() = with_hint(std::move(error.error()), from.hint ? from.hint : to.hint);
    return error;
}

Result<> link(const Place& from, const Place& to) {
    target::deadline::enter();
    return done(::linkat(from.at(), from.name.c_str(), to.at(), to.name.c_str(), 0), to, "link");
}

Result<> symlink(const std::string& text, const Place& to) {
    target::deadline::enter();
    return done(::symlinkat(text.c_str(), to.at(), to.name.c_str()), to, "make link");
}

Result<> make_node(const Place& place, unsigned mode, dev_t device) {
    target::deadline::enter();
    return done(::mknodat(place.at(), place.name.c_str(), mode, device), place, "make");
}

Result<> chmod(const Place& place, unsigned mode) {
    target::deadline::enter();
    const auto* name = place.name.c_str();
    const long result = ::syscall(sys::fchmodat2, place.at(), name, mode, place.how());
    if (result == 0 || errno != ENOSYS) return done(result, place, "change mode of");
    const auto status = TRY(place.stat());
    if (S_ISLNK(status.stx_mode)) {
        errno = EOPNOTSUPP;
        return place.failed("change mode of");
    }
    // Where one stands that is what every chmod(1) does. Of a target only what may be opened: the
    // older call would follow a link that comes to be there.
    if (place.target && place.target->mode == target::Mode::here) {
        const bool whole = place.name.empty();
        return done(
            ::fchmodat(whole ? AT_FDCWD : place.at(), whole ? place.path.c_str() : name, mode, 0),
            place, "change mode of");
    }
    const auto file = place.name.empty() ? target::open_for_reading(*place.target, place.path)
                                         : sys::openat2(BorrowedFd(place.at()), place.name,
                                                        O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
    if (!file) return std::unexpected(file.error());
    return done(::fchmod(file->get(), mode), place, "change mode of");
}

Result<> chown(const Place& place, uid_t uid, gid_t gid) {
    target::deadline::enter();
    const int result = ::fchownat(place.at(), place.name.c_str(), uid, gid, place.how());
    return done(result, place, "change owner of");
}

Result<> set_times(const Place& place, const timespec (&times)[2]) {
    target::deadline::enter();
    const int result = ::utimensat(place.at(), place.name.c_str(), times, place.how());
    return done(result, place, "set times of");
}

}  // namespace limpet::commands
