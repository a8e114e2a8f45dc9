// shell/shell.h - the state of one shell.
#pragma once

#include "shell/jobs.h"
#include "shell/parser.h"
#include "shell/traps.h"
#include "shell/variables.h"
#include "target/target.h"

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace limpet::shell {

// Why commands that follow are not run: something that is on its way out of them.
enum class Flow : std::uint8_t {
    none,
    leave_loop,   // break, flow_count levels
    next_round,   // continue
    leave_call,   // return
    leave_shell,  // exit
    interrupt,    // Ctrl-C or an error at the prompt: back to it
};

// The letters of `set`, XCU 2.14 set.
enum Option : std::uint8_t {
    opt_allexport,
    opt_notify,
    opt_noclobber,
    opt_errexit,
    opt_noglob,
    opt_hash,
    opt_monitor,
    opt_noexec,
    opt_nounset,
    opt_verbose,
    opt_xtrace,
    opt_interactive,
    opt_stdin,
    opt_ignoreeof,
    opt_nolog,
    opt_pipefail,
    opt_emacs,
    opt_vi,
    option_count,
};
struct OptionName {
    char letter;  // 0: only by name
    std::string_view name;
};
inline constexpr std::array<OptionName, option_count> option_names{{
    {'a', "allexport"},
    {'b', "notify"},
    {'C', "noclobber"},
    {'e', "errexit"},
    {'f', "noglob"},
    {'h', "hashall"},
    {'m', "monitor"},
    {'n', "noexec"},
    {'u', "nounset"},
    {'v', "verbose"},
    {'x', "xtrace"},
    {'i', "interactive"},
    {'s', "stdin"},
    {0, "ignoreeof"},
    {0, "nolog"},
    {0, "pipefail"},
    {0, "emacs"},
    {0, "vi"},
}};

struct Definition {
    ProgramPointer program;
    const Node* body = nullptr;
    const std::string* file = nullptr;
};

struct Shell {
    Shell(const target::Target& where, std::string start, std::vector<std::string> environment);

    target::Target target;  // a copy whose descriptors are out of the way of scripts'
    std::string directory;  // logical, as `cd` made it
    Variables variables;
    Aliases aliases;
    std::unordered_map<std::string, Definition> functions;
    std::unordered_map<std::string, std::string> found;  // `hash`: where PATH led to
    unsigned found_at = 0;                               // Variables::path_changes of then
    std::string name = "sh";                             // $0
    const std::string* file = nullptr;                   // that messages name: the script being run
    std::unordered_set<std::string> files;
    int column = 0;                      // of the command being run, beside variables.line
    std::vector<std::string> arguments;  // $1 ...
    std::array<bool, option_count> options{};
    std::vector<std::vector<std::pair<Symbol, Variable>>> locals;  // what they hid, per call

    Flow flow = Flow::none;
    int flow_count = 0;
    int status = 0;               // $?
    int substitution_status = 0;  // of the last $() of the command that is being expanded
    int loops = 0;                // around here, in this function
    int calls = 0;                // functions and dot scripts around here
    int tested = 0;               // conditions around here: set -e does not apply
    int depth = 0;                // of nodes being run
    bool interactive = false;
    bool in_script = false;     // messages say the line
    bool subshell = false;      // a child of the shell that the user has
    bool write_failed = false;  // a built-in could not print
    bool misused = false;       // a built-in was: ends a script if it is special
    const void* stack_base = nullptr;
    bool hung_up = false;            // the session ends by SIGHUP
    bool stopped_warned = false;     // `exit` has said that there are stopped jobs
    pid_t pid = 0;                   // $$
    bool owns_scratch = false;       // $LIMPET_SCRATCH goes with this shell
    pid_t last_background = 0;       // $!
    ProgramPointer program;          // whose commands are being run
    std::string* capture = nullptr;  // builtins write here instead of descriptor 1
    std::vector<int> private_fds;    // ours, not the script's: a child closes them
    unsigned getopts_at = 0;         // letter within the word, for getopts
    unsigned getopts_changes = 0;
    Jobs jobs;
    Traps traps;
    std::vector<std::string> history;
    std::size_t history_first = 1;  // number of history[0]
    bool history_open = false;      // the last entry may go on, and was not sent
    int history_fd = -1;            // where the operator's side keeps it, when it does
    std::string history_unsent;     // what that did not take yet

    [[nodiscard]] bool on(Option option) const { return options[option]; }
    [[nodiscard]] bool here() const { return target.mode == target::Mode::here; }
    // There is a prompt to come back to.
    [[nodiscard]] bool at_prompt() const { return interactive && !subshell; }
    [[nodiscard]] bool leaving() const { return flow != Flow::none; }
    [[nodiscard]] int line() const { return variables.line; }
    void stand_at(const Node& node) {
        variables.line = node.line;
        column = node.column;
    }

    // To descriptor 1, or where $() collects.
    void write(std::string_view text);
    // One line on descriptor 2, behind the shell's name and the script's line.
    void complain(std::string_view problem) const;
    // A problem that ends a script: complains, and leaves the shell or comes back to the prompt.
    void give_up(std::string_view problem, int code = 2);
    // set(), complaining when the variable is read-only; then a script ends.
    bool assign(Symbol symbol, std::string_view value);
};

// A copy of a descriptor that lies above those that scripts name; -1 when there is none.
int private_copy(int fd);
// A pipe whose ends have none of the numbers that a child's ends get.
Result<std::pair<Fd, Fd>> private_pipe();
void write_fd(int fd, std::string_view text);
// 'text' so that the shell reads it back.
std::string quote(std::string_view text);
std::string always_quote(std::string_view text);

}  // namespace limpet::shell
