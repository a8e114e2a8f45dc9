// shell/read.cpp - read and getopts.
#include "shell/builtins.h"
#include "shell/shell.h"
#include "target/deadline.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>

namespace limpet::shell {
namespace {

struct Line {
    std::string text;
    std::string escaped;  // one byte for each of text: whether a backslash protects it
    bool ended = false;   // by a newline, and not by the end of the file
    bool interrupted = false;
    bool late = false;  // -t ran out
};

struct Reading {
    bool raw = false;             // -r
    char delimiter = '\n';        // -d
    std::size_t most = SIZE_MAX;  // -n
    std::string prompt;           // -p
    std::optional<int> limit;     // -t, in milliseconds
};

// Standard input byte by byte: what follows the line belongs to whoever reads next. A file can be
// read in blocks and set back, but not one of /proc, whose text may be another one the second time:
// those have no size.
class Bytes {
public:
    Bytes() {
        struct stat status{};
        blocks_ = ::fstat(0, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    }
    Bytes(const Bytes&) = delete;
    Bytes& operator=(const Bytes&) = delete;
    ~Bytes() {
        if (at_ < end_) ::lseek(0, -static_cast<off_t>(end_ - at_), SEEK_CUR);
    }
    // As read(2) of one byte.
    ssize_t next(char& byte) {
        if (at_ == end_) {
            const auto got = ::read(0, block_, blocks_ ? sizeof block_ : 1);
            if (got <= 0) return got;
            at_ = 0;
            end_ = static_cast<std::size_t>(got);
        }
        byte = block_[at_++];
        return 1;
    }

private:
    char block_[512];
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    bool blocks_ = false;
};

std::int64_t now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

// Whether there is something to read before `end`. A signal counts: read(2) will notice it.
bool arrives(std::int64_t end) {
    pollfd input{0, POLLIN, 0};
    return ::poll(&input, 1, static_cast<int>(std::max<std::int64_t>(0, end - now()))) != 0;
}

Line read_line(Shell& shell, const Reading& how) {
    Line line;
    Bytes bytes;
    bool backslash = false;
    const bool terminal = shell.at_prompt() && ::isatty(0) == 1;
    const auto end = now() + how.limit.value_or(0);
    for (;;) {
        if (line.text.size() >= how.most) {
            line.ended = true;
            return line;
        }
        if (how.limit && !arrives(end)) {
            line.late = true;
            return line;
        }
        char byte = 0;
        // Once a line, not once a byte: who hangs does so between its writes.
        const int ready =
            line.text.empty() && !terminal ? target::deadline::await_input(BorrowedFd(0)) : 1;
        if (ready == 0) shell.complain(text(target::deadline::writer_hangs()));
        const auto got = ready <= 0 ? ready
                         : terminal ? read_terminal(0, &byte, 1)
                                    : bytes.next(byte);
        if (got < 0 && errno == EINTR) {
            run_traps(shell);
            if (!shell.leaving()) continue;
            line.interrupted = true;
            return line;
        }
        if (got <= 0) return line;
        if (byte == how.delimiter && !backslash) {
            line.ended = true;
            return line;
        }
        if (byte == '\0') continue;
        if (backslash) {
            backslash = false;
            if (byte == '\n') continue;
            line.text += byte;
            line.escaped += '1';
        } else if (byte == '\\' && !how.raw) {
            backslash = true;
        } else {
            line.text += byte;
            line.escaped += '0';
        }
    }
}

bool is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\n'; }

class Fields {
public:
    Fields(const Line& line, std::string_view separators) : line_(line), separators_(separators) {
        skip_blanks();
    }

    std::string next() {
        const auto start = at_;
        while (at_ < line_.text.size() && !separates(at_)) ++at_;
        const auto field = line_.text.substr(start, at_ - start);
        skip_delimiter();
        return field;
    }

    // What is left belongs to the last name: without the blanks of IFS at its end, and without a
    // delimiter that ends the only field.
    std::string rest() {
        const auto start = at_;
        auto end = line_.text.size();
        while (end > start && separates(end - 1) && is_blank(line_.text[end - 1])) --end;
        std::size_t stop = start;
        while (stop < end && !separates(stop)) ++stop;
        auto after = stop;
        while (after < end && separates(after) && is_blank(line_.text[after])) ++after;
        if (after < end && separates(after) && after + 1 == end) end = stop;
        return line_.text.substr(start, end - start);
    }

private:
    [[nodiscard]] bool separates(std::size_t at) const {
        return line_.escaped[at] == '0' && separators_.contains(line_.text[at]);
    }
    void skip_blanks() {
        while (at_ < line_.text.size() && separates(at_) && is_blank(line_.text[at_])) ++at_;
    }
    void skip_delimiter() {
        skip_blanks();
        if (at_ < line_.text.size() && separates(at_)) {
            ++at_;
            skip_blanks();
        }
    }

    const Line& line_;
    std::string_view separators_;
    std::size_t at_ = 0;
};

// XCU has only -r; the others are what scripts use most beyond it.
bool parse_read(Shell& shell, const Words& words, std::size_t& at, Reading& how) {
    for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
        if (words[at] == "--") {
            ++at;
            return true;
        }
        for (std::size_t i = 1; i < words[at].size(); ++i) {
            const char letter = words[at][i];
            if (letter == 'r') {
                how.raw = true;
                continue;
            }
            if (!std::string_view("dnpt").contains(letter)) {
                misuse(shell, words, "there is no option -" + std::string(1, letter));
                return false;
            }
            std::string value = words[at].substr(i + 1);
            if (value.empty()) {
                if (at + 1 == words.size()) {
                    misuse(shell, words, "-" + std::string(1, letter) + " needs a value");
                    return false;
                }
                value = words[++at];
            }
            if (letter == 'd') how.delimiter = value.empty() ? '\0' : value[0];
            if (letter == 'p') how.prompt = value;
            if (letter == 't') {
                char* end = nullptr;
                const double seconds = std::strtod(value.c_str(), &end);
                if (end == value.c_str() || *end || !(seconds >= 0 && seconds < 1e6)) {
                    misuse(shell, words, value + ": not a number of seconds");
                    return false;
                }
                how.limit = static_cast<int>(seconds * 1000);
            }
            if (letter == 'n') {
                const auto [end, code] =
                    std::from_chars(value.data(), value.data() + value.size(), how.most);
                if (code != std::errc{} || end != value.data() + value.size()) {
                    misuse(shell, words, value + ": not a number");
                    return false;
                }
            }
            break;
        }
    }
    return true;
}

}  // namespace

int run_read(Shell& shell, Words& words) {
    Reading how;
    std::size_t at = 1;
    if (!parse_read(shell, words, at, how)) return 2;
    for (auto i = at; i < words.size(); ++i) {
        if (!is_name(words[i])) return misuse(shell, words, words[i] + ": not a name");
    }
    if (!how.prompt.empty() && ::isatty(0) == 1) write_fd(2, how.prompt);
    const auto line = read_line(shell, how);
    if (line.interrupted) return shell.status;
    if (at == words.size()) {
        const auto reply = shell.variables.symbols.intern("REPLY");
        if (!shell.assign(reply, line.text)) return 2;
    }
    const std::string separators(shell.variables.separators());
    Fields fields(line, separators);
    for (; at < words.size(); ++at) {
        const bool is_last = at + 1 == words.size();
        const auto symbol = shell.variables.symbols.intern(words[at]);
        if (!shell.assign(symbol, is_last ? fields.rest() : fields.next())) return 2;
    }
    if (line.late) return 128 + SIGALRM;
    return line.ended ? 0 : 1;
}

// XCU getopts: OPTIND is the word's number, getopts_at the letter within it.
int run_getopts(Shell& shell, Words& words) {
    if (words.size() < 3) return misuse(shell, words, "needs the options and a variable's name");
    if (!is_name(words[2])) return misuse(shell, words, words[2] + ": not a name");
    const auto name = shell.variables.symbols.intern(words[2]);
    std::string_view known = words[1];
    const bool silent = known.starts_with(':');
    if (silent) known.remove_prefix(1);
    const auto arguments =
        words.size() > 3 ? Words(words.begin() + 3, words.end()) : shell.arguments;
    std::size_t index = 1;
    const auto text = shell.variables.text(sym_OPTIND);
    std::from_chars(text.data(), text.data() + text.size(), index);
    if (shell.getopts_changes != shell.variables.optind_changes) shell.getopts_at = 0;
    // Beyond the end: they are other arguments than last time.
    if (index == 0 || index > arguments.size() + 1) {
        index = 1;
        shell.getopts_at = 0;
    }
    const auto finish = [&](std::string_view value) {
        const bool good =
            shell.assign(sym_OPTIND, std::to_string(index)) && shell.assign(name, value);
        shell.getopts_changes = shell.variables.optind_changes;
        return good ? 0 : 2;
    };
    const auto* word = index <= arguments.size() ? &arguments[index - 1] : nullptr;
    if (word && shell.getopts_at >= word->size()) shell.getopts_at = 0;
    if (shell.getopts_at == 0) {
        const bool ends = word && *word == "--";
        if (!word || ends || word->size() < 2 || (*word)[0] != '-') {
            if (ends) ++index;
            shell.variables.unset(sym_OPTARG);
            finish("?");
            return 1;
        }
        shell.getopts_at = 1;
    }
    const char letter = (*word)[shell.getopts_at++];
    const auto place = letter == ':' ? known.npos : known.find(letter);
    const bool takes = place != known.npos && known.substr(place + 1, 1) == ":";
    const auto rest = word->substr(shell.getopts_at);
    if (rest.empty() || takes) {
        shell.getopts_at = 0;
        ++index;
    }
    if (place == known.npos || (takes && rest.empty() && index > arguments.size())) {
        const bool missing = place != known.npos;
        if (silent) {
            shell.assign(sym_OPTARG, std::string_view(&letter, 1));
        } else {
            shell.variables.unset(sym_OPTARG);
            shell.complain(missing ? "option -" + std::string(1, letter) + " needs an argument"
                                   : "there is no option -" + std::string(1, letter));
        }
        return finish(missing && silent ? ":" : "?");
    }
    if (!takes) {
        shell.variables.unset(sym_OPTARG);
    } else if (!rest.empty()) {
        shell.assign(sym_OPTARG, rest);
    } else {
        shell.assign(sym_OPTARG, arguments[index - 1]);
        ++index;
    }
    return finish(std::string_view(&letter, 1));
}

}  // namespace limpet::shell
