// xargs.cpp - run a command with words from input as arguments.
#include "commands/command.h"
#include "commands/file/shown.h"
#include "commands/run.h"
#include "parse/number.h"
#include "sys/file.h"

#include <sys/wait.h>
#include <unistd.h>

namespace limpet::commands {
namespace {

constexpr std::size_t default_bytes = 131072;

struct Style {
    bool zero = false, trace = false, skip_empty = false, exit_if_large = false;
    std::optional<char> delimiter;
    std::optional<std::string> replace, end;
    std::size_t words = SIZE_MAX, lines = SIZE_MAX, bytes = default_bytes, at_once = 1;
};

struct Word {
    std::string text;
    bool ends_line = false;
};

// Words between blanks, with quotes and backslashes as POSIX has them.
class Words {
public:
    Words(Input& input, const Style& style) : input_(input), style_(style) {}

    Result<std::optional<Word>> next() {
        if (style_.zero || style_.delimiter) {
            const char end = style_.zero ? '\0' : *style_.delimiter;
            const auto line = TRY(input_.line(end));
            if (!line) return std::nullopt;
            auto text = *line;
            if (text.ends_with(end)) text.remove_suffix(1);
            return Word{std::string(text), true};
        }
        if (style_.replace) return whole_line();
        return quoted_word();
    }

private:
    Result<int> byte() {
        if (at_ == block_.size()) {
            block_ = TRY(input_.block());
            at_ = 0;
            if (block_.empty()) return -1;
        }
        return static_cast<unsigned char>(block_[at_++]);
    }
    // -I: a line is one word, without its leading blanks; quotes count as ever.
    Result<std::optional<Word>> whole_line() { return word(true); }
    Result<std::optional<Word>> quoted_word() { return word(false); }

    Result<std::optional<Word>> word(bool line) {
        Word found;
        bool begun = false;
        int quote = 0;
        for (;;) {
            const int c = TRY(byte());
            if (found.text.size() > style_.bytes)
                return refused("input", "an argument is too long");
            if (c < 0) {
                if (quote) return refused("input", "unmatched quote");
                if (!begun) return std::nullopt;
                found.ends_line = true;
                break;
            }
            if (quote) {
                if (c == quote) {
                    quote = 0;
                } else if (c == '\n') {
                    return refused("input", "unmatched quote");
                } else {
                    found.text += static_cast<char>(c);
                }
                continue;
            }
            if (c == '\'' || c == '"') {
                quote = c;
                begun = true;
            } else if (c == '\\') {
                const int escaped = TRY(byte());
                begun = true;
                if (escaped >= 0) found.text += static_cast<char>(escaped);
            } else if (c == '\n') {
                if (!begun) continue;
                found.ends_line = true;
                break;
            } else if (std::string_view(" \t\v\f\r").contains(static_cast<char>(c)) &&
                       (line ? !begun : c == ' ' || c == '\t')) {
                if (!begun) continue;
                // A blank at the end of a line joins the next one to it (-L).
                break;
            } else {
                begun = true;
                found.text += static_cast<char>(c);
            }
        }
        if (style_.end && found.text == *style_.end) {
            while (!TRY(input_.block()).empty()) {
            }
            return std::nullopt;
        }
        return found;
    }

    Input& input_;
    const Style& style_;
    std::string_view block_;
    std::size_t at_ = 0;
};

class Runner {
public:
    Runner(Invocation& call, const Style& style, std::vector<std::string> base)
        : call_(call), style_(style), base_(std::move(base)) {
        if (base_.empty()) base_.emplace_back("echo");
        for (const auto& word : base_) base_bytes_ += word.size() + 1;
        bytes_ = base_bytes_;
    }

    // False when nothing more is to be run.
    bool add(const Word& word) {
        if (style_.replace) return start(replaced(word.text));
        const auto size = word.text.size() + 1;
        if (bytes_ + size > style_.bytes && !words_.empty()) {
            if (style_.exit_if_large && style_.words != SIZE_MAX) {
                call_.complain("the arguments are too long");
                stop_ = true;
                return false;
            }
            if (!flush()) return false;
        }
        if (bytes_ + size > style_.bytes) {
            call_.complain("an argument is too long");
            stop_ = true;
            return false;
        }
        words_.push_back(word.text);
        bytes_ += size;
        lines_ += word.ends_line ? 1 : 0;
        if (words_.size() >= style_.words || lines_ >= style_.lines) return flush();
        return true;
    }
    void finish(bool nothing_read) {
        const bool run_empty = nothing_read && !style_.skip_empty && !style_.replace;
        if (!stop_ && (!words_.empty() || run_empty)) flush();
        while (running_ > 0) wait();
    }
    [[nodiscard]] int status() const { return stop_ && status_ == 0 ? 1 : status_; }

private:
    bool flush() {
        auto words = base_;
        words.insert(words.end(), words_.begin(), words_.end());
        words_.clear();
        bytes_ = base_bytes_;
        lines_ = 0;
        return start(std::move(words));
    }
    [[nodiscard]] std::vector<std::string> replaced(std::string_view text) const {
        std::vector<std::string> words;
        for (const std::string_view word : base_) {
            std::string made;
            for (auto rest = word;;) {
                const auto at = rest.find(*style_.replace);
                made += rest.substr(0, at);
                if (at == rest.npos) break;
                made += text;
                rest.remove_prefix(at + style_.replace->size());
            }
            words.push_back(std::move(made));
        }
        return words;
    }

    bool start(std::vector<std::string> words) {
        if (style_.trace) {
            std::string line;
            for (const auto& word : words) {
                if (!line.empty()) line += ' ';
                line += quoted(word);
            }
            line += '\n';
            call_.error.write(line);
            call_.error.flush();
        }
        const auto* command = commands::find(words[0]);
        if (!command) {
            call_.complain("there is no command '" + words[0] + "'");
            status_ = not_found;
            stop_ = true;
            return false;
        }
        words.erase(words.begin());
        while (running_ >= style_.at_once) wait();
        if (stop_) return false;
        call_.out.flush();
        const auto child = commands::start({.command = *command,
                                            .arguments = std::move(words),
                                            .target = call_.target,
                                            .directory = call_.directory,
                                            .environment = call_.environment});
        if (!child) {
            call_.complain(child.error());
            status_ = 126;
            stop_ = true;
            return false;
        }
        ++running_;
        if (style_.at_once == 1) wait();
        return !stop_;
    }

    void wait() {
        int raw = 0;
        const pid_t child = ::waitpid(-1, &raw, 0);
        if (child < 0) {
            if (errno != EINTR) running_ = 0;
            return;
        }
        --running_;
        if (const auto line = epitaph(base_[0], raw); !line.empty()) call_.complain(line);
        // POSIX: 255 and a signal end it all, any other failure is remembered.
        if (WIFSIGNALED(raw)) {
            call_.complain(base_[0] + " was killed by signal " + std::to_string(WTERMSIG(raw)));
            status_ = 125;
            stop_ = true;
        } else if (WEXITSTATUS(raw) == 255) {
            call_.complain(base_[0] + " exited with status 255; stopped");
            status_ = 124;
            stop_ = true;
        } else if (WEXITSTATUS(raw) == not_allowed || WEXITSTATUS(raw) == not_found) {
            status_ = WEXITSTATUS(raw);
            stop_ = true;
        } else if (WEXITSTATUS(raw) != 0 && status_ == 0) {
            status_ = 123;
        }
    }

    Invocation& call_;
    const Style& style_;
    std::vector<std::string> base_, words_;
    std::size_t base_bytes_ = 0, bytes_ = 0, lines_ = 0, running_ = 0;
    int status_ = 0;
    bool stop_ = false;
};

Result<Style> style_of(const Options& options) {
    Style style;
    for (const auto& [option, value] : options.all()) {
        std::optional<std::size_t> number = parse::number<std::size_t>(value);
        const auto count = [&](std::size_t& into, std::size_t least) -> Result<> {
            if (!number || *number < least) {
                return refused(std::string("-") + option.letter, "needs a number");
            }
            into = *number;
            return {};
        };
        switch (option.letter) {
            case '0': style.zero = true; break;
            case 't': style.trace = true; break;
            case 'r': style.skip_empty = true; break;
            case 'x': style.exit_if_large = true; break;
            case 'I': style.replace = value; break;
            case 'i': style.replace = value.empty() ? "{}" : value; break;
            case 'E':
            case 'e': style.end = value.empty() ? std::nullopt : std::optional(value); break;
            case 'n': TRY(count(style.words, 1)); break;
            case 'l':
                if (value.empty()) number = 1;
                [[fallthrough]];
            case 'L': TRY(count(style.lines, 1)); break;
            case 's':
                TRY(count(style.bytes, 1));
                style.bytes = std::min(style.bytes, default_bytes);
                break;
            case 'P':
                TRY(count(style.at_once, 0));
                // 0 is "as many as possible": 64 processes of ours are.
                style.at_once = style.at_once == 0 ? 64 : std::min<std::size_t>(style.at_once, 64);
                break;
            case 'd':
                if (value == "\\n" || value == "\\t" || value == "\\0") {
                    style.delimiter = value[1] == 'n' ? '\n' : value[1] == 't' ? '\t' : '\0';
                } else if (value.size() == 1) {
                    style.delimiter = value[0];
                } else {
                    return refused("-d", "the delimiter is one character");
                }
                break;
        }
    }
    return style;
}

int run(Invocation& call) {
    const auto style = style_of(call.options);
    if (!style) return call.misused(text(style.error()));
    std::optional<Fd> list;
    std::optional<Input> file;
    if (const auto name = call.options.value('a')) {
        auto opened = call.open(*name);
        if (!opened) {
            call.complain(opened.error());
            return call.status;
        }
        file.emplace(*std::move(opened));
    } else {
        // The list is ours: the commands must not read from it.
        auto copy = sys::dup(call.in.fd());
        if (!copy) {
            call.complain(copy.error());
            return 1;
        }
        list = *std::move(copy);
        file.emplace(BorrowedFd(*list));
        ::dup2(call.target.null.get(), 0);
    }
    Words words(*file, *style);
    Runner runner(call, *style, call.operands);
    bool nothing = true;
    for (;;) {
        const auto word = words.next();
        if (!word) {
            call.complain(word.error());
            runner.finish(false);
            return 1;
        }
        if (!*word) break;
        nothing = false;
        if (!runner.add(**word)) break;
    }
    runner.finish(nothing);
    return runner.status();
}

constexpr Option options[]{
    {'0', "null", "", "words end with a zero byte"},
    {'d', "delimiter", "C", "words end with C"},
    {'n', "max-args", "N", "at most N words each time"},
    {'L', "max-lines", "N", "at most N lines each time"},
    {'l', "", "[N]", "the same; one without N"},
    {'I', "", "TEXT", "once for each line, which replaces TEXT in the arguments"},
    {'i', "replace", "[TEXT]", "the same, with {} if no TEXT is given"},
    {'P', "max-procs", "N", "N at once"},
    {'r', "no-run-if-empty", "", "not at all without input"},
    {'t', "verbose", "", "say what is run"},
    {'s', "max-chars", "N", "at most N bytes of arguments"},
    {'x', "exit", "", "stop when that is too little"},
    {'E', "", "TEXT", "input ends at this word"},
    {'e', "", "[TEXT]", "the same"},
    {'a', "arg-file", "FILE", "read words from FILE"},
};

constexpr Command xargs{
    .name = "xargs",
    .usage = "[-0rtx] [-n N] [-L N] [-I TEXT] [-P N] [-d C] [COMMAND [ARG...]]",
    .summary = "run a command with words from input",
    .theme = "text",
    .promise = Promise::none,
    .run = run,
    .options = option_table<options>,
    .help =
        "COMMAND is one of limpet's own, `sh -c` included; echo when there is none.\n"
        "Exit status: 123 a command failed, 124 one exited with 255, 125 one was killed.\n\n"
        "Example:\n  find / -name '*.so' -print0 | xargs -0 -n 1 strings -n 12\n",
    .operand_ends_options = true,
    .runs_commands = true,
};
const Register registered{xargs};

}  // namespace
}  // namespace limpet::commands
