// tail.cpp - the last lines or bytes of files, and what is appended to them.
#include "commands/command.h"
#include "commands/session/duration.h"
#include "commands/size.h"
#include "commands/text/parts.h"
#include "limpet/limits.h"
#include "target/deadline.h"

#include <deque>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace limpet::commands {
namespace {

struct Amount {
    bool bytes = false;
    bool from_start = false;  // +N
    std::uint64_t count = 10;
    char end = '\n';
};

struct Followed {
    std::string name;
    Fd fd;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;
    off_t at = 0;
    bool missing = false;
    bool sizeless = false;  // of procfs: it says 0 whatever it holds
};

std::optional<Amount> amount(const Options& options) {
    Amount wanted;
    if (options.has('z')) wanted.end = '\0';
    for (const auto& [option, value] : options.all()) {
        if (option.letter != 'n' && option.letter != 'c' && option.letter != '#') continue;
        std::string_view text = value;
        // -5c: of old, as -n and -c came to be.
        const bool old = option.letter == '#' && (text.back() < '0' || text.back() > '9');
        wanted.bytes = option.letter == 'c' || (old && text.back() != 'l');
        if (old && !wanted.bytes) text.remove_suffix(1);
        wanted.from_start = text.starts_with('+');
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        const auto count = size_with_unit(text);
        if (!count) return std::nullopt;
        wanted.count = *count;
    }
    return wanted;
}

Result<> copy_rest(Input& input, Output& out) {
    while (!out.failure()) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) break;
        out.write(bytes);
    }
    return {};
}

Result<> from_start(Input& input, Output& out, const Amount& wanted) {
    std::uint64_t skip = wanted.count > 0 ? wanted.count - 1 : 0;
    while (skip > 0) {
        auto bytes = TRY(input.block());
        if (bytes.empty()) return {};
        if (wanted.bytes) {
            const auto part = std::min<std::uint64_t>(skip, bytes.size());
            bytes.remove_prefix(part);
            skip -= part;
        } else {
            while (skip > 0 && !bytes.empty()) {
                const auto newline = bytes.find(wanted.end);
                bytes.remove_prefix(newline == bytes.npos ? bytes.size() : newline + 1);
                if (newline != bytes.npos) --skip;
            }
        }
        out.write(bytes);
    }
    return copy_rest(input, out);
}

// Where the last `count` lines begin, found from the end in blocks: a file of any size is read as
// far as its last lines go.
Result<off_t> last_lines(BorrowedFd fd, off_t size, std::uint64_t count, char terminator) {
    if (count == 0) return size;
    constexpr off_t block = 65536;
    std::string buffer(static_cast<std::size_t>(block), '\0');
    off_t end = size;
    bool last_byte = true;
    while (end > 0) {
        const off_t begin = (end - 1) / block * block;
        const auto wanted = static_cast<std::size_t>(end - begin);
        target::deadline::enter();
        const auto got = ::pread(fd.get(), buffer.data(), wanted, begin);
        if (got < 0) return failed("read", "");
        for (auto i = static_cast<off_t>(got); i-- > 0;) {
            if (buffer[static_cast<std::size_t>(i)] != terminator) {
                last_byte = false;
                continue;
            }
            // The newline that ends the last line begins none.
            if (std::exchange(last_byte, false)) continue;
            if (--count == 0) return begin + i + 1;
        }
        end = begin;
    }
    return 0;
}

// A pipe has no end to look from: the last lines are kept, up to what a session may hold.
constexpr std::uint64_t kept_limit = std::uint64_t{256} * 1024 * 1024;

Result<> last_of_pipe(Input& input, Output& out, const Amount& wanted) {
    if (wanted.bytes) {
        std::string kept;
        for (;;) {
            const auto bytes = TRY(input.block());
            if (bytes.empty()) break;
            kept += bytes;
            // Cut now and then only: every cut moves what is kept.
            if (kept.size() / 2 > wanted.count) kept.erase(0, kept.size() - wanted.count);
            if (kept.size() > kept_limit) return refused("tail", "more than 256 MiB to keep");
        }
        if (kept.size() > wanted.count) kept.erase(0, kept.size() - wanted.count);
        out.write(kept);
        return {};
    }
    std::deque<std::string> lines;
    std::uint64_t held = 0;
    for (;;) {
        const auto line = TRY(input.line(wanted.end));
        if (!line) break;
        lines.emplace_back(*line);
        held += line->size();
        if (lines.size() > wanted.count) {
            held -= lines.front().size();
            lines.pop_front();
        }
        if (held > kept_limit) return refused("tail", "the last lines exceed 256 MiB");
    }
    for (const auto& line : lines) out.write(line);
    return {};
}

Result<> show(Input& input, Output& out, const Amount& wanted) {
    if (wanted.from_start) return from_start(input, out, wanted);
    struct stat status{};
    const bool seekable = ::fstat(input.fd().get(), &status) == 0 && S_ISREG(status.st_mode) &&
                          status.st_size > 0 && ::lseek(input.fd().get(), 0, SEEK_CUR) >= 0;
    // Files of procfs and sysfs do not know their size: they are read like a pipe.
    if (!seekable) return last_of_pipe(input, out, wanted);
    off_t begin = 0;
    if (wanted.bytes) {
        const auto size = static_cast<std::uint64_t>(status.st_size);
        begin = static_cast<off_t>(size > wanted.count ? size - wanted.count : 0);
        // What sysfs calls a page may be a few bytes.
        if (size <= 4096) return last_of_pipe(input, out, wanted);
    } else {
        begin = TRY(last_lines(input.fd(), status.st_size, wanted.count, wanted.end));
    }
    begin = std::max(begin, ::lseek(input.fd().get(), 0, SEEK_CUR));
    if (::lseek(input.fd().get(), begin, SEEK_SET) < 0) return failed("seek", "");
    return copy_rest(input, out);
}

class Follower {
public:
    Follower(Invocation& call, bool by_name, int pause)
        : call_(call), by_name_(by_name), headings_(wants_headings(call)), pause_(pause) {}

    // Ends when that process has.
    void until(std::uint32_t process) { process_ = "/proc/" + std::to_string(process); }

    void add(const std::string& name, BorrowedFd open_file, bool last_shown) {
        Followed file{.name = name};
        const int copy = ::fcntl(open_file.get(), F_DUPFD_CLOEXEC, 3);
        file.fd = Fd(copy);
        remember(file);
        file.at = ::lseek(file.fd.get(), 0, SEEK_CUR);
        struct stat status{};
        file.sizeless = file.at > 0 && ::fstat(copy, &status) == 0 && status.st_size == 0;
        files_.push_back(std::move(file));
        if (last_shown) last_ = files_.size() - 1;
    }
    void add_missing(const std::string& name) {
        files_.push_back(Followed{.name = name, .missing = true});
    }
    // Until a signal ends the process, or nobody reads what it prints.
    void run() {
        bool ended = false;
        while (!files_.empty() && !call_.out.failure()) {
            for (std::size_t i = 0; i < files_.size(); ++i) {
                if (by_name_) check_name(files_[i]);
                drain(i);
            }
            if (!call_.out.flush() || ended) return;
            // What it wrote last is still to be shown: once more around.
            if (!process_.empty()) {
                ended = !target::stat(call_.target, process_, target::Follow::no);
                if (ended) continue;
            }
            target::deadline::leave();
            // A wait that ends early when nobody reads any more.
            pollfd reader{call_.out.fd().get(), 0, 0};
            if (::poll(&reader, 1, pause_) > 0) return;
        }
    }

private:
    static void remember(Followed& file) {
        struct stat status{};
        if (::fstat(file.fd.get(), &status) != 0) return;
        file.inode = status.st_ino;
        file.device = status.st_dev;
    }
    void say(const std::string& line) {
        const int before = call_.status;
        call_.complain(line);
        call_.status = before;
    }
    // A log that was rotated: the name leads to another file now.
    void check_name(Followed& file) {
        const auto path = call_.path(file.name);
        const auto status = target::stat(call_.target, path, target::Follow::yes);
        if (!status) {
            if (!std::exchange(file.missing, true)) say(file.name + " is gone; waiting for it");
            return;
        }
        if (!file.missing && status->stx_ino == file.inode) return;
        auto opened = target::open_for_reading(call_.target, path);
        if (!opened) return;
        const bool first = file.inode == 0 && file.fd.get() < 0;
        if (!file.missing || first || status->stx_ino != file.inode) {
            say(file.name + (file.missing ? " is there; following it"
                                          : " was replaced; following the new one"));
            file.fd = *std::move(opened);
            file.at = 0;
            remember(file);
        }
        file.missing = false;
    }
    void drain(std::size_t index) {
        auto& file = files_[index];
        if (!file.fd) return;
        struct stat status{};
        target::deadline::enter();
        if (::fstat(file.fd.get(), &status) != 0) return;
        if (S_ISREG(status.st_mode) && status.st_size < file.at && !file.sizeless) {
            say(file.name + " was truncated");
            file.at = ::lseek(file.fd.get(), 0, SEEK_SET);
        }
        Input input(BorrowedFd(file.fd), S_ISREG(status.st_mode));
        for (;;) {
            const auto bytes = input.block();
            if (!bytes || bytes->empty()) break;
            if (headings_ && last_ != index) print_heading(call_.out, file.name, false);
            last_ = index;
            call_.out.write(*bytes);
            if (!call_.out.flush()) return;
            file.at += static_cast<off_t>(bytes->size());
        }
    }

    Invocation& call_;
    bool by_name_;
    bool headings_;
    int pause_;
    std::string process_;
    std::vector<Followed> files_;
    std::size_t last_ = 0;
};

// In milliseconds.
std::optional<int> pause_of(const Options& options) {
    const auto text = options.value('s');
    if (!text) return 250;
    const auto seconds = duration(std::string(*text));
    if (!seconds || *seconds > 86400) return std::nullopt;
    return std::max(static_cast<int>(*seconds * 1000), 1);
}

// "tail +5 FILE" of old: not a file, but where to begin.
void take_obsolete(Invocation& call, Amount& wanted) {
    if (call.operands.empty() || call.operands.size() > 2) return;
    std::string_view word = call.operands[0];
    if (!word.starts_with('+') || !call.options.all().empty()) return;
    word.remove_prefix(1);
    const bool bytes = word.ends_with('c');
    if (bytes || word.ends_with('l')) word.remove_suffix(1);
    const auto count = parse::number<std::uint64_t>(word);
    if (!count) return;
    wanted.bytes = bytes;
    wanted.from_start = true;
    wanted.count = *count;
    call.operands.erase(call.operands.begin());
}

int run(Invocation& call) {
    auto wanted = amount(call.options);
    if (!wanted) return call.misused("the count is not a number");
    take_obsolete(call, *wanted);
    const auto how = call.options.value("follow");
    if (how && !how->empty() && *how != "name" && *how != "descriptor") {
        return call.misused("--follow takes name or descriptor");
    }
    const bool by_name = call.options.has('F') || how == "name";
    const bool follow = by_name || how || call.options.has('f');
    const auto pause = pause_of(call.options);
    if (!pause) return call.misused("-s takes seconds");
    Follower follower(call, by_name, *pause);
    if (const auto process = call.options.value("pid")) {
        const auto number = parse::number<std::uint32_t>(*process);
        if (!number) return call.misused("--pid takes the number of a process");
        follower.until(*number);
    }
    show_parts(call, {.show = [&](const std::string& name, Input& input) -> Result<> {
                          auto done = show(input, call.out, *wanted);
                          // POSIX: a pipe on standard input is not followed, it has an end.
                          if (follow && name != "-") follower.add(name, input.fd(), true);
                          return done;
                      },
                      .missing =
                          [&](const std::string& name) {
                              if (by_name) follower.add_missing(name);
                          }});
    if (follow) follower.run();
    return call.status;
}

constexpr Option options[]{
    {'n', "lines", "N", "the last N lines (10); +N: from line N on"},
    {'c', "bytes", "N", "the last N bytes; +N: from byte N on; with b, k, M, G as unit"},
    {'f', "", "", "go on with what is appended, until interrupted"},
    {'F', "", "", "the same, and follow the name when the file is replaced (rotated logs)"},
    {0, "follow", "[HOW]", "the same as -f; by name as -F, by descriptor as -f"},
    {0, "retry", "", "with -F, also what is not there yet (it always does)"},
    {0, "pid", "PID", "with -f until that process has ended"},
    {'s', "sleep-interval", "S", "with -f look every S seconds (0.25)"},
    {'q', "quiet", "", "never name the files"},
    {'q', "silent", "", "the same"},
    {'z', "zero-terminated", "", "lines end with a zero byte"},
    {'v', "verbose", "", "always name the files"},
    {'#', "", "N[bcl]", "the same as -n N; with a unit as -c N"},
};

constexpr Command tail{
    .name = "tail",
    .usage = "[-fFqvz] [-n [+]N | -c [+]N | -N] [FILE...]",
    .summary = "print the last lines or bytes of files",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Examples:\n  tail -n 100 -F /var/log/app.log\n  tail -n +2 table.csv\n",
};
const Register registered{tail};

}  // namespace
}  // namespace limpet::commands
