// shell/execute.h - commands of the syntax tree run, XCU 2.9.
#pragma once

#include "shell/ast.h"
#include "shell/source.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Shell;
struct Builtin;

// The status, also in shell.status. `last`: the process ends after it, so a command may take its
// place. Look at shell.flow afterwards.
int run(Shell& shell, const Node* node, bool last = false);
int run_simple(Shell& shell, const Simple& node, bool last);

// All commands of a source, one line after the other: scripts, eval, dot, traps.
int run_source(Shell& shell, Source& source, bool last = false);
int run_text(Shell& shell, std::string text, bool last = false);

int call_function(Shell& shell, const std::string& name, std::vector<std::string>& words);

// What a name stands for, in the order of XCU 2.9.1.
enum class Meaning : std::uint8_t { nothing, special, function, builtin, command, program };
struct Resolved {
    Meaning meaning = Meaning::nothing;
    const Builtin* builtin = nullptr;
    std::string path;  // of a program
};
Resolved resolve(Shell& shell, const std::string& name, bool functions = true);
std::string find_program(Shell& shell, const std::string& name, std::string_view path);

// In a process of its own: never comes back.
[[noreturn]] void become(Shell& shell, const Resolved& resolved, std::vector<std::string>& words);

// Descriptors that redirections hid, put back when this goes.
class SavedDescriptors {
public:
    explicit SavedDescriptors(Shell& shell) : shell_(shell) {}
    SavedDescriptors(const SavedDescriptors&) = delete;
    SavedDescriptors& operator=(const SavedDescriptors&) = delete;
    ~SavedDescriptors() { restore(); }
    void save(int fd);
    void restore();
    // They stay as they are now: exec.
    void keep();

private:
    struct Saved {
        int fd;
        int copy;  // -1: it was closed
    };
    Shell& shell_;
    std::vector<Saved> saved_;
};

// False after it complained. `saved` null: for good.
// `targets`: their words, when expand_targets() was called before.
bool redirect(Shell& shell, std::span<const Redirection> redirections, SavedDescriptors* saved,
              const std::vector<std::string>* targets = nullptr);
bool expand_targets(Shell& shell, std::span<const Redirection> redirections,
                    std::vector<std::string>& targets);

}  // namespace limpet::shell
