// cp.cpp - limpet cp: files and trees between this machine and a target.
#include "attach/copy/receive.h"
#include "attach/copy/send.h"
#include "attach/copy/stream.h"
#include "attach/report.h"
#include "attach/start.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace limpet::attach {
namespace {

// One side of a copy: here, or in a target.
struct Side {
    std::optional<std::string> target;
    std::string path;
};

// TARGET:PATH, where TARGET may begin with the name of a runtime and a colon. What begins with a
// slash or a dot is a path of this machine, whatever it holds, as scp(1) has it.
Side side_of(const std::string& word) {
    if (word.starts_with('/') || word.starts_with('.')) return {{}, word};
    constexpr std::string_view schemes[] = {
        "docker:", "podman:", "containerd:", "crio:", "pid:", "pod:"};
    std::size_t from = 0;
    for (const auto scheme : schemes) {
        if (word.starts_with(scheme)) from = scheme.size();
    }
    const auto colon = word.find(':', from);
    if (colon == word.npos) return {{}, word};
    return {word.substr(0, colon), word.substr(colon + 1)};
}

// For the far shell: everything is itself but what makes a pattern.
std::string pattern_word(std::string_view path) {
    std::string word;
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("/._-*?[]!^+,:@%=").contains(c);
        if (c == '\n') {
            word += "'\n'";
        } else {
            if (!plain) word += '\\';
            word += c;
        }
    }
    return word;
}

std::vector<std::string> far_command(std::vector<std::string> words, const std::string& path) {
    if (path.find_first_of("*?[") == path.npos) {
        words.insert(words.end(), {"--", path});
        return words;
    }
    std::string line;
    for (const auto& word : words) line += pattern_word(word) + ' ';
    return {"sh", "-c", line + "-- " + pattern_word(path)};
}

// A session in a child of ours, with a pipe for one of its standard streams.
class Carrier {
public:
    // `fd`: 0 gives the session's input to us, 1 its output.
    static Result<Carrier> start(int fd, const std::function<int()>& session) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", "");
        Fd far(ends[fd == 0 ? 0 : 1]), near(ends[fd == 0 ? 1 : 0]);
        // A default of 64 KiB means a switch between the two for every quarter of a record.
        (void)::fcntl(near.get(), F_SETPIPE_SZ, 1 << 20);
        const pid_t parent = ::getpid();
        const pid_t child = ::fork();
        if (child < 0) return failed("fork", "");
        if (child == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (::getppid() != parent) ::_exit(failure);
            near.reset();
            ::dup2(far.get(), fd);
            if (fd == 1) {
                const Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
                ::dup2(nothing.get(), 0);
            }
            far.reset();
            ::_exit(session());
        }
        return Carrier(std::move(near), child);
    }
    Carrier(Carrier&& other) noexcept
        : stream(std::move(other.stream)), child_(std::exchange(other.child_, -1)) {}
    Carrier& operator=(Carrier&&) = delete;
    ~Carrier() {
        if (child_ > 0) {
            ::kill(child_, SIGTERM);
            (void)status();
        }
    }

    // Waits for the session's end.
    int status() {
        stream.reset();
        int state = 0;
        while (::waitpid(std::exchange(child_, -1), &state, 0) < 0 && errno == EINTR) {
        }
        return WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
    }

    Fd stream;

private:
    Carrier(Fd near, pid_t child) : stream(std::move(near)), child_(child) {}
    pid_t child_;
};

copy::Progress::Form form_of(const Arguments& arguments) {
    using Form = copy::Progress::Form;
    if (arguments.value("output") == "json") return Form::json;
    if (arguments.has("quiet")) return Form::silent;
    return ::isatty(2) == 1 ? Form::terminal : Form::log;
}

std::string base_name(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path.substr(path.rfind('/') + 1);
}

// The file that --resume leaves and looks for.
std::string part_of(const std::string& name) { return '.' + name + ".limpet-part"; }

// Where a copy goes: into a directory that is there, else under the name that is given.
Result<copy::Destination> destination_of(const Arguments& arguments, const std::string& source,
                                         const std::string& path) {
    copy::Destination to{.archive = arguments.has("archive")};
    const bool several = source.find_first_of("*?[") != source.npos;
    to.directory.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (to.directory) {
        to.path = path;
        if (arguments.has("resume")) to.part = part_of(base_name(source));
        return to;
    }
    if (errno != ENOENT && errno != ENOTDIR) return failed("open", path);
    if (several || path.ends_with('/')) return failed("open", path);
    const auto slash = path.rfind('/');
    to.path = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    to.name = path.substr(slash == path.npos ? 0 : slash + 1);
    to.directory.reset(::open(to.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!to.directory) return failed("open", to.path);
    if (arguments.has("resume")) to.part = part_of(*to.name);
    return to;
}

// "SIZE:DIGEST" of what an earlier transfer left; nothing where there is none.
std::string left_of(const copy::Destination& to) {
    const Fd part(::openat(to.directory.get(), to.part->c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!part) return {};
    Digest digest(DigestKind::sha256);
    std::string buffer(transfer::data_limit, '\0');
    std::uint64_t size = 0;
    for (;;) {
        const auto got = ::read(part.get(), buffer.data(), buffer.size());
        if (got <= 0) break;
        digest.add({buffer.data(), static_cast<std::size_t>(got)});
        size += static_cast<std::uint64_t>(got);
    }
    return size > 0 ? std::to_string(size) + ':' + digest.finish() : std::string{};
}

int outcome(int session, const Result<std::uint64_t>& done, copy::Progress& progress,
            std::string_view what) {
    if (!done) {
        // A stream that ends early is what the session's end explains, where it was a bad one.
        const bool cut = done.error().action() == "stream" || done.error().code == EPIPE;
        return cut && session != 0 ? session : report(what, done.error());
    }
    if (session == 0 || progress.files() > 0) progress.finish();
    return session != 0 ? session : *done > 0 ? 1 : 0;
}

transfer::Reader reader_of(BorrowedFd stream) {
    return transfer::Reader([stream](char* place, std::size_t size) -> Result<std::size_t> {
        for (;;) {
            const auto got = ::read(stream.get(), place, size);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR) return failed("read", "from the session");
        }
    });
}

int fetch(const Arguments& arguments, const Side& source, const std::string& to) {
    const auto what = "cp " + *source.target;
    std::optional<copy::Destination> destination;
    if (to != "-") {
        auto found = destination_of(arguments, source.path, to);
        if (!found) return report(what, found.error());
        destination = *std::move(found);
    }
    std::vector<std::string> words{"pack"};
    if (arguments.has("recursive")) words.emplace_back("-r");
    if (arguments.has("dereference")) words.emplace_back("-L");
    if (arguments.has("archive")) words.insert(words.end(), {"-r", "--archive"});
    if (destination && destination->part) {
        if (const auto left = left_of(*destination); !left.empty()) {
            words.insert(words.end(), {"--resume", left});
        }
    }
    auto open = session_of(arguments, *source.target);
    if (!open) return report(what, open.error());
    open->arguments = far_command(std::move(words), source.path);
    auto carrier = Carrier::start(1, [&] { return run_on(arguments, what, *std::move(open)); });
    if (!carrier) return report(what, carrier.error());
    copy::Progress progress(form_of(arguments));
    auto reader = reader_of(carrier->stream);
    const auto done = [&]() -> Result<std::uint64_t> {
        if (!destination) {
            const auto files = TRY(copy::print_file(reader, BorrowedFd(1), progress));
            return files == 1 ? 0 : 1;
        }
        copy::Receiver receiver(*std::move(destination), progress);
        TRY(receiver.run(reader));
        return receiver.failures();
    }();
    return outcome(carrier->status(), done, progress, what);
}

int bring(const Arguments& arguments, const std::string& from, const Side& to) {
    const auto what = "cp " + *to.target;
    auto open = session_of(arguments, *to.target);
    if (!open) return report(what, open.error());
    open->arguments = {"unpack"};
    if (arguments.has("archive")) open->arguments.emplace_back("--archive");
    open->arguments.insert(open->arguments.end(), {"--", to.path.empty() ? "." : to.path});
    struct stat status{};
    if (from != "-" && ::stat(from.c_str(), &status) != 0) {
        return report(what, failed("open", from).error());
    }
    auto carrier = Carrier::start(0, [&] { return run_on(arguments, what, *std::move(open)); });
    if (!carrier) return report(what, carrier.error());
    // A session that ends early is its own explanation.
    ::signal(SIGPIPE, SIG_IGN);
    copy::Progress progress(form_of(arguments));
    const copy::Source source{.path = from,
                              .recursive = arguments.has("recursive") || arguments.has("archive"),
                              .follow = arguments.has("dereference"),
                              .archive = arguments.has("archive")};
    const auto done = copy::send(source, carrier->stream, progress);
    return outcome(carrier->status(), done, progress, what);
}

int run(const Arguments& arguments) {
    if (arguments.operands.size() != 2) return misused(cp, "it takes SRC and DST");
    const auto from = side_of(arguments.operands[0]);
    const auto to = side_of(arguments.operands[1]);
    if (from.target && to.target) {
        return misused(cp, "one side has to be on this machine: copy to here, then to there");
    }
    if (!from.target && !to.target) return misused(cp, "neither side names a target: TARGET:PATH");
    if (from.target && from.path.empty()) return misused(cp, "PATH is missing behind TARGET:");
    // A level of the tree is a descriptor each.
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &limit);
    }
    return from.target ? fetch(arguments, from, to.path) : bring(arguments, from.path, to);
}

constexpr Option options[] = {
    {'r', "recursive", "", "directories and all in them"},
    {'L', "dereference", "", "what links lead to, instead of the links"},
    {'a', "archive", "", "-r, and owners, all bits of modes and extended attributes, too"},
    {0, "resume", "", "go on where a broken transfer of the same file stopped"},
    allow_option,
    allow_only_option,
};

}  // namespace

constexpr Verb cp{
    .name = "cp",
    .usage = "[-rLa] [--resume] [--allow modify] SRC DST",
    .summary = "copy files and trees from a target, or to it",
    .options = options,
    .help =
        "SRC or DST is TARGET:PATH, the other a path of this machine, or - for a stream. Nothing\n"
        "is needed in the target. Each file is hashed (SHA-256) while it is read and again where\n"
        "it arrives, and has its name only when it is whole and both are the same. Holes stay\n"
        "holes, links are copied as links (-L: what they lead to), modes and times are kept.\n"
        "Behind TARGET: a pattern (* ? []) means every match. Into a target needs --allow modify.\n"
        "With -o json a line for each file: event (file, error, done), path, size, sha256.\n"
        "\n"
        "  limpet cp web:/var/log/app.log .\n"
        "  limpet cp -r web:/etc/nginx ./conf\n"
        "  limpet cp 'web:/tmp/*.hprof' /srv/dumps\n"
        "  limpet cp --resume web:/data/big.img .\n"
        "  limpet cp web:/etc/os-release - | head -1\n"
        "  limpet cp --allow modify ./app.conf web:/etc/app.conf\n",
    .targets = true,
    .run = run,
};

}  // namespace limpet::attach
