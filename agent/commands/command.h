// commands/command.h - a command is a row of data and one function; it sees the world through an
// Invocation. A new command is one file that ends with `const Register registered{name};`.
#pragma once

#include "commands/options.h"
#include "commands/stream.h"
#include "limpet/grants.h"
#include "limpet/result.h"
#include "target/target.h"

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

// What a command needs, as pledge(2) of OpenBSD: seccomp and capabilities hold it to that.
using Promise = Grant;

struct Invocation;

struct Command {
    std::string_view name;
    const char* usage;    // after the name: "[-la] [PATH...]"
    const char* summary;  // lower case, no full stop: "list directories"
    const char* theme;    // files, text, processes, network, container, session
    Promise promise = Promise::none;
    int (*run)(Invocation&) = nullptr;
    OptionTable options = {};  // option_table<options>
    const char* help = "";     // details, JSON fields and examples; lines of at most 100 columns
    // run() gets every word as an operand: find, test, echo, expr.
    bool raw = false;
    // Options end at the first operand, which is a command with its own: xargs, env, timeout.
    bool operand_ends_options = false;
    // Runs other commands (xargs, find -exec): stays at the shell's confinement, they get their
    // own.
    bool runs_commands = false;
    // Only with one of these words, a space between, among its arguments (find: -exec); without, it
    // keeps to its promise.
    const char* runs_commands_with = "";
    // Writes files when the session lets it, but has uses without (tee, sort -o): then it promises
    // modify too. With `writes_with`, only given one of these options, or with `raw` these words.
    bool writes = false;
    const char* writes_with = "";
    // Signals processes or sets their priority, when the session may modify; with `signals_with`,
    // only given one of these options. Without them it promises no more than to look.
    bool signals = false;
    const char* signals_with = "";
    // The same two, for what only its arguments can tell: awk's program.
    struct Asks {
        bool commands = false;
        bool writes = false;
        Grant more = Grant::none;     // beside the promise
        Grant welcome = Grant::none;  // the same, where the session has it
    };
    Asks (*asks)(std::span<const std::string> arguments) = nullptr;
    // Says something of a container that does not run, from what its runtime noted.
    bool without_process = false;
    // Looks at Target::plain, which costs a session the making of it. Shells have it in any case.
    bool apart = false;
    // Promise none, quick and without state: the shell may run it without a fork.
    bool builtin = false;
    // As a session's command it is of no use without the target, and ends when that does.
    bool ends_with_target = false;
};

// What the operator's side keeps of a session, beside its streams: what it was handed at the start,
// and where more goes. The shell's history.
struct Aside {
    std::string given = {};
    int fd = -1;  // non-blocking; nobody's when there is no operator's side
};

struct Invocation {
    const Command& command;
    const target::Target& target;
    Options options = {};
    std::vector<std::string> operands = {};     // what is left of the arguments
    std::string directory = "/";                // working directory, absolute in the target
    std::vector<std::string> environment = {};  // exported variables, "NAME=value"
    Aside aside = {};
    Input in{BorrowedFd(0)};
    Output out{BorrowedFd(1)};
    Output error{BorrowedFd(2)};
    int status = 0;  // what complain() makes it; run() returns it when it went on after an error

    // "ls: open /x: Permission denied" on error, at once; the status becomes 1.
    void complain(const Error& problem);
    void complain(std::string_view problem);
    // The same, and the usage line; returns 2 for `return call.misused(...)`.
    int misused(std::string_view problem);

    // The operand as an absolute path in the target.
    [[nodiscard]] std::string path(std::string_view operand) const {
        return target::join_path(directory, operand);
    }
    // For reading: "-" is in, anything else a file of the target.
    [[nodiscard]] Result<Input> open(std::string_view operand);
    // -o json, when the command has that option; misuse (another word) counts as table.
    [[nodiscard]] bool json() const { return options.value('o') == "json"; }
    [[nodiscard]] std::optional<std::string_view> variable(std::string_view name) const;
    // Colours: out is a terminal, NO_COLOR is unset and TERM is not dumb.
    [[nodiscard]] bool colour() const;
};

// Every command that is linked in, sorted by name.
std::span<const Command* const> all();
const Command* find(std::string_view name);

struct Register {
    explicit Register(const Command& command);
};

// Parses `arguments` (without the name) by the command's table: -abc, -n5, -n 5, --name=v, --name
// v,
// --, a lone "-" as operand. Options may follow operands, as GNU has it.
Result<> parse_options(const Command& command, std::span<const std::string> arguments,
                       Options& options, std::vector<std::string>& operands);

// The text of `help NAME` and `NAME --help`.
std::string help_text(const Command& command);

}  // namespace limpet::commands
