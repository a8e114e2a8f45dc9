// find_expression.h - the words after the paths of find as one question to each file.
#pragma once

#include "commands/command.h"
#include "commands/local_time.h"
#include "commands/names.h"
#include "commands/walk.h"
#include "parse/regex.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace limpet::commands::find_command {

using Test = std::function<bool(Visit&)>;

// Files that wait for one run of -exec COMMAND {} +
struct Batch {
    std::vector<std::string> words;
    std::vector<std::string> paths;
    std::size_t bytes = 0;
};

// The types of file systems; one is asked about for each device.
class Systems {
public:
    explicit Systems(const Invocation& call) : call_(call) {}
    std::string name(Visit& visit);

private:
    const Invocation& call_;
    bool known_ = false;
    std::uint64_t device_ = 0;
    std::string type_;
};

// A file that -fprint and its like write.
struct Written {
    std::string name;
    Fd fd;
    Output out;
    Written(std::string file, Fd descriptor)
        : name(std::move(file)), fd(std::move(descriptor)), out(BorrowedFd(fd)) {}
};

struct State {
    explicit State(Invocation& invocation)
        : call(invocation),
          names(invocation.target),
          systems(invocation),
          zone(local_zone(invocation)) {}
    Invocation& call;
    Names names;
    Systems systems;
    parse::Zone zone;
    std::int64_t now = 0;
    double reference = 0;  // what ages are counted from: now, or with -daystart the end of today
    bool depth_first = false, one_filesystem = false;
    bool follow = false, follow_operand = false;
    std::size_t least_depth = 0, most_depth = SIZE_MAX;
    bool acts = false;  // some action: then nothing is printed by default
    // Of the file at hand.
    bool prune = false, quit = false;
    std::string operand;
    std::vector<std::unique_ptr<Batch>> batches;
    std::vector<std::unique_ptr<Written>> written;
};

Result<Test> parse(State& state, std::span<const std::string> words);

// Actions (find_actions.cpp).
void print(Output& out, Visit& visit, char terminator);
Test printf_action(State& state, Output& out, std::string format);
Test ls_action(State& state, Output& out);
Test json_action(State& state);
Test delete_action(State& state);
Test exec_action(State& state, std::vector<std::string> words, bool in_directory, bool asks);
Test batch_action(State& state, std::vector<std::string> words);
void run_batch(State& state, Batch& batch);

struct RegexType {
    parse::regex::Syntax syntax = parse::regex::Syntax::basic;
    bool emacs = true;
};

// Tests (find_tests.cpp).
Result<RegexType> regex_type(std::string_view name);
Result<Test> regex_test(RegexType type, std::string pattern, bool ignore_case);
bool is_time_test(std::string_view name);
Result<Test> time_test(State& state, std::string_view name, const std::string& argument);
Test access_test(State& state, char what);

// "a" of "a/b".
std::string_view directory_part(std::string_view path);
// A file without bytes, a directory without entries.
bool is_empty(State& state, Visit& visit);
// "f", "d", "l": the letter of -type.
char type_letter(unsigned char type);

}  // namespace limpet::commands::find_command
