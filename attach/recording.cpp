// recording.cpp - a session kept as an asciicast: --record FILE.
#include "attach/recording.h"

#include "attach/start.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace limpet::attach {
namespace {

// Whoever reads the recording reads what the operator saw.
constexpr mode_t owner_only = 0600;

Result<> refuse_existing(const std::string& name) {
    struct stat status{};
    if (::lstat(name.c_str(), &status) != 0) {
        return errno == ENOENT ? Result<>{} : failed("stat", name);
    }
    return refused("record", name + " exists", "--overwrite replaces it");
}

// Another kind of file would not hold what is written to it, and is not to be replaced either.
Result<> refuse_irregular(const std::string& name) {
    struct stat status{};
    if (::lstat(name.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        return refused("record", name + " is no regular file");
    }
    return {};
}

std::string words_of(const Open& open) {
    std::string line;
    for (const auto& word : open.arguments) {
        if (!line.empty()) line += ' ';
        line += word;
    }
    return line;
}

}  // namespace

Result<std::optional<Recording>> Recording::of(const Arguments& arguments, std::string_view what,
                                               const Open& open) {
    const auto name = arguments.value("record");
    if (!name) {
        for (const std::string_view other : {"record-input", "overwrite"}) {
            if (arguments.has(other)) {
                return refused("--" + std::string(other), "there is no --record FILE");
            }
        }
        return std::nullopt;
    }
    if (name->empty()) return refused("--record", "the name of the file is empty");
    const std::string path(*name), part = path + ".part";
    const bool overwrite = arguments.has("overwrite");
    for (const auto& each : {path, part}) {
        TRY(overwrite ? refuse_irregular(each) : refuse_existing(each));
    }
    if (overwrite && ::unlink(part.c_str()) != 0 && errno != ENOENT) return failed("unlink", part);
    Fd file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_only));
    if (!file) return failed("open", part);
    Recording recording(path, overwrite, arguments.has("record-input"), std::move(file));
    const auto command = words_of(open), title = "limpet " + std::string(what);
    cast::Header header{.columns = open.columns,
                        .rows = open.rows,
                        .terminal = open.tty,
                        .command = command,
                        .title = title,
                        .term = {}};
    for (const std::string_view entry : open.environment) {
        if (entry.starts_with("TERM=")) header.term = entry.substr(5);
    }
    const auto more = "\"limpet\":{\"version\":" + cast::quoted(version) +
                      ",\"host\":" + cast::quoted(host_of(arguments)) +
                      ",\"target\":" + cast::quoted(open.target) +
                      ",\"grants\":" + cast::quoted(grant_list(open.grants)) + '}';
    header.more = more;
    TRY(recording.writer_.begin(header));
    if (!command.empty()) TRY(recording.writer_.marker(command));
    return recording;
}

Result<> Recording::finish(int status) {
    TRY(writer_.end(status));
    TRY(writer_.close());
    const unsigned flags = overwrite_ ? 0 : RENAME_NOREPLACE;
    if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, name_.c_str(), flags) == 0) return {};
    if (errno != EINVAL && errno != ENOSYS) return failed("rename", part_);
    // A file system that knows no flags.
    if (!overwrite_) TRY(refuse_existing(name_));
    if (::rename(part_.c_str(), name_.c_str()) != 0) return failed("rename", part_);
    return {};
}

}  // namespace limpet::attach
