// fuser.cpp - who uses a file, a mount or a port.
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/open_files.h"
#include "commands/process/signals.h"
#include "commands/table.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <csignal>

namespace limpet::commands {
namespace {

// An operand: a file, all of the file system that it is on (-m), or a port.
struct Wanted {
    std::string name;
    std::uint64_t device = 0, inode = 0;
    std::optional<parse::Protocol> protocol;
    std::uint16_t port = 0;
};

struct User {
    std::size_t of = 0;  // which operand
    pid_t pid = 0;
    std::uint32_t uid = 0;
    std::string access;  // letters out of "crefFm"
    std::string command;
};

Result<Wanted> wanted(const Invocation& call, const std::string& operand) {
    Wanted want{.name = operand};
    auto space = call.options.value('n').value_or("");
    std::string_view word = operand;
    if (const auto slash = word.rfind('/'); space.empty() && slash != word.npos && slash > 0) {
        const auto behind = word.substr(slash + 1);
        if (behind == "tcp" || behind == "udp") {
            space = behind;
            word = word.substr(0, slash);
        }
    }
    if (space == "tcp" || space == "udp") {
        const auto port = parse::number<std::uint16_t>(parse::take(word, ','));
        if (!port) return unfit("port", operand, "is none");
        want.protocol = space == "tcp" ? parse::Protocol::tcp : parse::Protocol::udp;
        want.port = *port;
        return want;
    }
    if (!space.empty() && space != "file") {
        return unfit("-n", space, "is none of file, tcp, udp");
    }
    const auto status = TRY(target::stat(call.target, call.path(operand), target::Follow::yes));
    want.device = makedev(status.stx_dev_major, status.stx_dev_minor);
    want.inode = status.stx_ino;
    return want;
}

char access_letter(const OpenFile& file) {
    switch (file.kind) {
        case OpenFile::Kind::directory: return 'c';
        case OpenFile::Kind::root: return 'r';
        case OpenFile::Kind::program: return 'e';
        case OpenFile::Kind::mapped: return 'm';
        case OpenFile::Kind::descriptor: break;
    }
    return file.info.flags && parse::access_mode(*file.info.flags).find('w') != std::string::npos
               ? 'F'
               : 'f';
}

class Finder {
public:
    Finder(Invocation& call, std::vector<Wanted> wants, int signal)
        : call_(call), wants_(std::move(wants)), signal_(signal), names_(call.target) {}

    Result<> look() {
        const bool files = std::ranges::any_of(wants_, [](const auto& w) { return !w.protocol; });
        const unsigned parts = descriptors | (files ? places | mappings | details | statuses : 0U);
        return each_process(call_.target, [&](Process& process) {
            found_.clear();
            found_.resize(wants_.size());
            // Those that we may not look into are as silent as those that vanish.
            static_cast<void>(
                each_open_file(process, parts, [&](const OpenFile& file) { note(process, file); }));
            add(process);
        });
    }

    int report() {
        bool some = false;
        for (std::size_t i = 0; i < wants_.size(); ++i) some = report(i) || some;
        call_.out.flush();
        if (call_.options.has('k')) kill_all();
        return some ? call_.status : 1;
    }

private:
    void note(const Process& process, const OpenFile& file) {
        const auto inode = file.socket();
        const auto* socket = inode ? sockets_.find(process, *inode) : nullptr;
        const auto device = file.status
                                ? makedev(file.status->stx_dev_major, file.status->stx_dev_minor)
                                : file.device;
        const auto number = file.status ? file.status->stx_ino : file.inode;
        for (std::size_t i = 0; i < wants_.size(); ++i) {
            const auto& want = wants_[i];
            const bool hit = want.protocol ? socket && socket->protocol == *want.protocol &&
                                                 socket->local.port == want.port
                                           : number != 0 && device == want.device &&
                                                 (call_.options.has('m') || number == want.inode);
            const char letter = access_letter(file);
            if (hit && found_[i].find(letter) == std::string::npos) found_[i] += letter;
        }
    }

    void add(const Process& process) {
        for (std::size_t i = 0; i < wants_.size(); ++i) {
            if (found_[i].empty()) continue;
            const auto owner = sys::statx(process.at.fd, "", 0);
            users_.push_back({i, process.pid, owner ? names_.inner_uid(owner->stx_uid) : 0,
                              found_[i], read_comm(process)});
        }
    }

    // Names and letters go to standard error, as everybody expects who reads the ids.
    bool report(std::size_t which) {
        const bool verbose = call_.options.has('v');
        const bool quiet = call_.options.has('s');
        bool first = true;
        for (const auto& user : users_) {
            if (user.of != which) continue;
            if (call_.json()) {
                print_json(user);
            } else if (!quiet) {
                if (first) print_name(which, verbose);
                verbose ? print_verbose(user, first) : print_short(user);
            }
            first = false;
        }
        const bool silent = quiet || call_.json();
        if (first && !silent && (call_.options.has('a') || verbose)) print_name(which, false);
        if ((!first || call_.options.has('a')) && !silent && !verbose) {
            call_.out.flush();
            call_.error.put('\n');
            call_.error.flush();
        }
        return !first;
    }

    void print_name(std::size_t which, bool heading) {
        if (heading && !headed_) {
            call_.error.print("%-20s USER        PID ACCESS COMMAND\n", "");
            headed_ = true;
        }
        call_.error.print("%-20s", (visible(wants_[which].name) + ":").c_str());
        call_.error.flush();
    }

    void print_short(const User& user) {
        call_.out.print(" %5d", user.pid);
        call_.out.flush();
        for (const char letter : user.access) {
            if (letter != 'f' && letter != 'F') call_.error.put(letter);
        }
        if (call_.options.has('u')) {
            call_.error.write("(" + visible(names_.user(user.uid)) + ")");
        }
        call_.error.flush();
    }

    void print_verbose(const User& user, bool first) {
        std::string access = "frcem";
        for (auto& letter : access) {
            const bool writes = letter == 'f' && user.access.find('F') != std::string::npos;
            if (writes) letter = 'F';
            if (user.access.find(letter) == std::string::npos) letter = '.';
        }
        call_.error.print("%*s %-8s ", first ? 0 : 20, "", visible(names_.user(user.uid)).c_str());
        call_.error.flush();
        call_.out.print("%6d", user.pid);
        call_.out.flush();
        call_.error.print(" %s %s\n", access.c_str(), visible(user.command).c_str());
        call_.error.flush();
    }

    void print_json(const User& user) {
        JsonObject object;
        object.text("name", wants_[user.of].name).number("pid", user.pid);
        object.text("user", names_.user(user.uid)).text("access", user.access);
        object.text("comm", user.command);
        object.line(call_.out);
    }

    void kill_all() {
        std::vector<pid_t> done;
        for (const auto& user : users_) {
            if (std::ranges::find(done, user.pid) != done.end()) continue;
            done.push_back(user.pid);
            auto process = open_process(call_.target, user.pid);
            if (!process) continue;
            if (auto sent = send_signal(call_.target, *process, signal_); !sent) {
                call_.complain(sent.error());
            }
        }
    }

    Invocation& call_;
    std::vector<Wanted> wants_;
    int signal_;
    ProcessNames names_;
    OpenSockets sockets_;
    std::vector<std::string> found_;  // letters per operand, of the process at hand
    std::vector<User> users_;
    bool headed_ = false;
};

int run(Invocation& call) {
    if (call.options.has('l')) return list_signals(call);
    if (call.operands.empty()) return call.misused("which file or port?");
    const auto signal = signal_of(call.options, SIGKILL);
    if (!signal) return call.misused(text(signal.error()));
    std::vector<Wanted> wants;
    for (const auto& operand : call.operands) {
        auto want = wanted(call, operand);
        if (want) {
            wants.push_back(*std::move(want));
        } else {
            call.complain(want.error());
        }
    }
    Finder finder(call, std::move(wants), *signal);
    if (const auto done = finder.look(); !done) {
        call.complain(done.error());
        return 1;
    }
    return finder.report();
}

constexpr Option options[]{
    {'a', "all", "", "also files that nobody uses"},
    {'m', "mount", "", "whatever is on the file system of FILE"},
    {'n', "namespace", "SPACE", "FILE is of file, tcp or udp: a port"},
    {'s', "silent", "", "only the exit status"},
    {'u', "user", "", "users beside the ids"},
    {'v', "verbose", "", "a line for every process"},
    {'k', "kill", "", "send them SIGKILL (needs --allow modify)"},
    {0, "signal", "SIGNAL", "send that one instead, with -k"},
    {'#', "number", "9", "the same by its number"},
    {'l', "list-signals", "", "names of signals"},
    json_option,
};

constexpr const char* signalling = "kill";

constexpr Command fuser{
    .name = "fuser",
    .usage = "[-amsuv] [-k [--signal=SIGNAL]] [-n SPACE] [-o json] FILE|PORT/tcp|PORT/udp...",
    .summary = "show who uses a file, a mount or a port",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Ids go to standard output, the rest to standard error. Letters: c current directory,\n"
        "r root, e program, m mapped, f open, F open for writing (the last two with -v only).\n"
        "Exits 1 when nobody uses any.\n"
        "JSON fields: name, pid, user, access, comm.\n"
        "\nExamples:\n  fuser -v /var/log/app.log\n  fuser 8080/tcp\n",
    .signals = true,
    .signals_with = signalling,
};
const Register registered{fuser};

}  // namespace
}  // namespace limpet::commands
