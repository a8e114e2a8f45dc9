// shell/execute.cpp - lists, pipelines and compound commands.
#include "shell/execute.h"

#include "shell/expand.h"
#include "shell/pattern.h"
#include "shell/shell.h"
#include "sys/file.h"

#include <sys/times.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace limpet::shell {
namespace {

int run_list(Shell& shell, const List& list, bool last);
int run_stage(Shell& shell, const Node* node);

// A failure that nobody looked at ends a script under set -e.
int failed_unseen(Shell& shell, int status) {
    if (status != 0 && shell.on(opt_errexit) && shell.tested == 0 && !shell.leaving()) {
        shell.flow = Flow::leave_shell;
    }
    return status;
}

// A process by what was written for it, should its death have to be told.
std::string_view name_of(const Node& node) {
    constexpr std::size_t longest = 60;
    return node.text.substr(0, std::min(node.text.find('\n'), longest));
}

bool start_stages(Shell& shell, const Pipeline& node, Job& job, bool background) {
    Fd input;
    for (std::size_t i = 0; i < node.stages.size(); ++i) {
        Fd reading;
        Fd writing;
        if (i + 1 < node.stages.size()) {
            auto pipe = private_pipe();
            if (!pipe) {
                shell.complain(text(pipe.error()));
                return false;
            }
            reading = std::move(pipe->first);
            writing = std::move(pipe->second);
        }
        const pid_t child = fork_process(shell, job, background, name_of(*node.stages[i]));
        if (child < 0) return false;
        if (child == 0) {
            if (input) ::dup2(input.get(), 0);
            if (writing) ::dup2(writing.get(), 1);
            input.reset();
            reading.reset();
            writing.reset();
            run_stage(shell, node.stages[i]);
            end_process(shell);
        }
        input = std::move(reading);
    }
    return true;
}

int run_stage(Shell& shell, const Node* node) {
    // Whether the pipeline's status is looked at was the parent's question.
    return run(shell, node, true);
}

// In the format of POSIX time -p: what passed, and what we and our children used since `before`.
[[gnu::cold]] void tell_times(clock_t begin, const tms& before) {
    tms after{};
    const clock_t end = ::times(&after);
    const long ticks = ::sysconf(_SC_CLK_TCK);
    const auto used = [](const tms& all) {
        return std::pair(all.tms_utime + all.tms_cutime, all.tms_stime + all.tms_cstime);
    };
    const clock_t spent[]{end - begin, used(after).first - used(before).first,
                          used(after).second - used(before).second};
    char text[128];
    std::snprintf(text, sizeof text, "real %ld.%02ld\nuser %ld.%02ld\nsys %ld.%02ld\n",
                  spent[0] / ticks, spent[0] % ticks * 100 / ticks, spent[1] / ticks,
                  spent[1] % ticks * 100 / ticks, spent[2] / ticks, spent[2] % ticks * 100 / ticks);
    write_fd(2, text);
}

int run_pipeline(Shell& shell, const Pipeline& node, bool last) {
    int status = 0;
    tms before{};
    const clock_t begin = node.timed ? ::times(&before) : 0;
    shell.tested += node.negated;
    const bool one = node.stages.size() == 1;
    if (one) {
        status = run(shell, node.stages[0], last && !node.negated && !node.timed);
    } else {
        auto& job = add_job(shell, node.text);
        const bool started = start_stages(shell, node, job, false);
        status = job.processes.empty() ? 1 : wait_foreground(shell, job);
        if (!started) status = 1;
    }
    shell.tested -= node.negated;
    if (node.timed) tell_times(begin, before);
    if (shell.leaving()) return shell.status;
    if (node.negated) return shell.status = status == 0 ? 1 : 0;
    // The stage itself has seen to a failure.
    if (one) return shell.status = status;
    return failed_unseen(shell, shell.status = status);
}

int run_background(Shell& shell, const Node* node) {
    auto& job = add_job(shell, node->text);
    job.background = true;
    bool started = true;
    const auto* pipeline =
        node->kind == NodeKind::pipeline ? static_cast<const Pipeline*>(node) : nullptr;
    if (pipeline && !pipeline->negated && !pipeline->timed && pipeline->stages.size() > 1) {
        started = start_stages(shell, *pipeline, job, true);
    } else {
        const pid_t child = fork_process(shell, job, true, name_of(*node));
        if (child == 0) {
            run(shell, node, true);
            end_process(shell);
        }
        started = child > 0;
    }
    if (job.processes.empty()) {
        remove_job(shell, job);
        return shell.status = 1;
    }
    shell.last_background = job.processes.back().pid;
    number_job(shell, job);
    if (shell.at_prompt()) {
        write_fd(2, "[" + std::to_string(job.number) + "] " +
                        std::to_string(shell.last_background) + "\n");
    }
    return shell.status = started ? 0 : 1;
}

int run_list(Shell& shell, const List& list, bool last) {
    int status = 0;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        const auto& item = list.items[i];
        if (item.joint == Joint::if_true && status != 0) continue;
        if (item.joint == Joint::if_false && status == 0) continue;
        const bool is_last = i + 1 == list.items.size();
        if (item.background) {
            status = run_background(shell, item.node);
        } else {
            const bool looked_at = !is_last && list.items[i + 1].joint != Joint::always;
            shell.tested += looked_at;
            status = run(shell, item.node, last && is_last);
            shell.tested -= looked_at;
        }
        if (shell.leaving()) return shell.status;
    }
    return shell.status = status;
}

int run_subshell(Shell& shell, const Body& node, bool last) {
    if (last && shell.subshell) {
        // The process is one of its own already.
        const bool good = redirect(shell, node.redirections, nullptr);
        return good ? run(shell, node.body, true) : shell.status;
    }
    auto& job = add_job(shell, node.text);
    const pid_t child = fork_process(shell, job, false, name_of(node));
    if (child < 0) return shell.status = 1;
    if (child == 0) {
        if (redirect(shell, node.redirections, nullptr)) run(shell, node.body, true);
        end_process(shell);
    }
    return failed_unseen(shell, shell.status = wait_foreground(shell, job));
}

int run_test(Shell& shell, const Node* test) {
    ++shell.tested;
    const int status = run(shell, test);
    --shell.tested;
    return status;
}

int run_condition(Shell& shell, const Condition* node, bool last) {
    for (;;) {
        const int status = run_test(shell, node->test);
        if (shell.leaving()) return shell.status;
        if (status == 0) return run(shell, node->yes, last);
        if (!node->no) return shell.status = 0;
        if (node->no->kind != NodeKind::condition || !node->no->redirections.empty()) {
            return run(shell, node->no, last);
        }
        node = static_cast<const Condition*>(node->no);
    }
}

// After the body of a loop: whether the loop ends.
bool loop_ends(Shell& shell) {
    if (shell.flow == Flow::none) return false;
    if (shell.flow == Flow::leave_loop) {
        if (--shell.flow_count == 0) shell.flow = Flow::none;
        return true;
    }
    if (shell.flow == Flow::next_round) {
        if (--shell.flow_count > 0) return true;
        shell.flow = Flow::none;
        return false;
    }
    return true;
}

int run_loop(Shell& shell, const Loop& node) {
    int status = 0;
    ++shell.loops;
    for (;;) {
        const int test = run_test(shell, node.test);
        if (shell.leaving()) {  // break or continue in the condition
            if (!loop_ends(shell)) continue;
            if (shell.flow != Flow::none) status = shell.status;
            break;
        }
        if ((test == 0) == node.until) break;
        status = run(shell, node.body);
        if (loop_ends(shell)) {
            status = shell.status;
            break;
        }
    }
    --shell.loops;
    return shell.status = status;
}

int run_each(Shell& shell, const Each& node) {
    shell.stand_at(node);
    std::vector<std::string> words;
    if (node.all_arguments) {
        words = shell.arguments;
    } else {
        for (const auto& word : node.words) {
            if (!expand_fields(shell, word, words)) return shell.status;
        }
    }
    int status = 0;
    ++shell.loops;
    for (const auto& word : words) {
        if (!shell.assign(node.symbol, word)) break;
        status = run(shell, node.body);
        if (loop_ends(shell)) {
            status = shell.status;
            break;
        }
    }
    --shell.loops;
    if (shell.leaving()) return shell.status;
    return shell.status = status;
}

int run_choice(Shell& shell, const Choice& node, bool last) {
    std::string subject;
    shell.stand_at(node);
    shell.substitution_status = 0;
    if (!expand_text(shell, node.subject, subject)) return shell.status;
    bool chosen = false;
    std::string pattern;
    for (std::size_t i = 0; i < node.branches.size(); ++i) {
        const auto& branch = node.branches[i];
        for (const auto& word : branch.patterns) {
            if (chosen) break;
            pattern.clear();
            if (!expand_pattern(shell, word, pattern)) return shell.status;
            chosen = matches(pattern, subject);
        }
        if (!chosen) continue;
        const bool is_end = !branch.falls_through || i + 1 == node.branches.size();
        const int status = run(shell, branch.body, last && is_end);
        if (is_end || shell.leaving()) return status;
    }
    return shell.status = 0;
}

int run_compound(Shell& shell, const Node* node, bool last) {
    switch (node->kind) {
        case NodeKind::list: return run_list(shell, static_cast<const List&>(*node), last);
        case NodeKind::group: return run(shell, static_cast<const Body*>(node)->body, last);
        case NodeKind::condition:
            return run_condition(shell, static_cast<const Condition*>(node), last);
        case NodeKind::loop: return run_loop(shell, static_cast<const Loop&>(*node));
        case NodeKind::each: return run_each(shell, static_cast<const Each&>(*node));
        case NodeKind::choice: return run_choice(shell, static_cast<const Choice&>(*node), last);
        case NodeKind::function: {
            const auto& function = static_cast<const Function&>(*node);
            shell.functions[std::string(function.name)] = {shell.program, function.body,
                                                           shell.file};
            return shell.status = 0;
        }
        default: return shell.status;
    }
}

int run_node(Shell& shell, const Node* node, bool last) {
    switch (node->kind) {
        case NodeKind::simple: return run_simple(shell, static_cast<const Simple&>(*node), last);
        case NodeKind::pipeline:
            return run_pipeline(shell, static_cast<const Pipeline&>(*node), last);
        case NodeKind::subshell: return run_subshell(shell, static_cast<const Body&>(*node), last);
        default: break;
    }
    if (node->redirections.empty()) return run_compound(shell, node, last);
    shell.stand_at(*node);
    SavedDescriptors saved(shell);
    if (!redirect(shell, node->redirections, &saved)) {
        return failed_unseen(shell, shell.status);
    }
    return run_compound(shell, node, false);
}

// How much of an 8 MiB stack commands within commands may take.
constexpr std::size_t stack_limit = std::size_t{6} * 1024 * 1024;

bool stack_exhausted(const Shell& shell) {
    const auto* here = static_cast<const char*>(__builtin_frame_address(0));
    const auto* base = static_cast<const char*>(shell.stack_base);
    return here<base&& static_cast<std::size_t>(base - here)> stack_limit;
}

}  // namespace

int run(Shell& shell, const Node* node, bool last) {
    if (signal_pending()) {
        run_traps(shell);
        if (shell.leaving()) return shell.status;
    }
    if (stack_exhausted(shell)) {
        shell.give_up("commands are nested too deeply");
        return shell.status;
    }
    const int status = run_node(shell, node, last);
    if (signal_pending() && !shell.leaving()) {
        run_traps(shell);
        return shell.leaving() ? shell.status : shell.status = status;
    }
    return status;
}

int run_source(Shell& shell, Source& source, bool last) {
    Parser parser(source, shell.variables.symbols, &shell.aliases);
    const auto outer = shell.program;
    int status = 0;
    while (!shell.leaving()) {
        ProgramPointer program;
        const auto from = source.at;
        const auto outcome = parser.next(program);
        if (shell.on(opt_verbose) && !source.more && !shell.capture) {
            auto shown = source.text.substr(from, source.at - from);
            if (!shown.empty() && !shown.ends_with('\n')) shown += '\n';
            write_fd(2, shown);
        }
        if (outcome == Parser::Outcome::end) break;
        if (outcome == Parser::Outcome::error) {
            if (shell.leaving()) break;  // Ctrl-C in the middle of a command
            shell.variables.line = 0;
            shell.give_up(parser.error());
            status = shell.status;
            break;
        }
        if (shell.on(opt_noexec) && !shell.interactive) continue;
        shell.program = program;
        const bool is_last = last && !source.more &&
                             source.text.find_first_not_of(" \t\n", source.at) == std::string::npos;
        status = run(shell, program->node, is_last);
    }
    shell.program = outer;
    if (shell.leaving()) return shell.status;
    return shell.status = status;
}

int run_text(Shell& shell, std::string text, bool last) {
    Source source(std::move(text));
    source.line = std::max(1, shell.variables.line);
    return run_source(shell, source, last);
}

}  // namespace limpet::shell
