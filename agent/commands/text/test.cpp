// test.cpp - conditions: files, texts and numbers.
#include "commands/text/test.h"

#include "commands/command.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <unistd.h>

#include <charconv>

namespace limpet::commands {
namespace words {
namespace {

constexpr std::string_view unary_operators = "abcdefghknprstuwxzLOGSN";

bool is_unary(const std::string& word) {
    return word.size() == 2 && word[0] == '-' && unary_operators.contains(word[1]);
}

bool is_binary(const std::string& word) {
    for (const std::string_view known : {"=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le",
                                         "-gt", "-ge", "-nt", "-ot", "-ef"}) {
        if (word == known) return true;
    }
    return false;
}

class Condition {
public:
    Condition(std::span<const std::string> words, const target::Target& target,
              const std::string& directory, Same same)
        : words_(words), target_(target), directory_(directory), same_(same) {}

    int run(std::string& problem) {
        const bool value = by_count(0, words_.size());
        problem = problem_;
        return problem_.empty() ? value ? 0 : 1 : 2;
    }

private:
    // POSIX: up to four words, their number decides what they mean.
    bool by_count(std::size_t first, std::size_t count) {
        const auto word = [&](std::size_t i) -> const std::string& { return words_[first + i]; };
        switch (count) {
            case 0: return false;
            case 1: return !word(0).empty();
            case 2:
                if (word(0) == "!") return word(1).empty();
                if (is_unary(word(0))) return unary(word(0)[1], word(1));
                problem_ = word(0) + ": not an operator";
                return false;
            case 3:
                if (is_binary(word(1))) return binary(word(0), word(1), word(2));
                if (word(1) == "-a") return !word(0).empty() && !word(2).empty();
                if (word(1) == "-o") return !word(0).empty() || !word(2).empty();
                if (word(0) == "!") return !by_count(first + 1, 2);
                if (word(0) == "(" && word(2) == ")") return !word(1).empty();
                problem_ = word(1) + ": not an operator";
                return false;
            case 4:
                if (word(0) == "!") return !by_count(first + 1, 3);
                if (word(0) == "(" && word(3) == ")") return by_count(first + 1, 2);
                break;
            default: break;
        }
        at_ = first;
        const bool value = either();
        if (problem_.empty() && at_ < words_.size()) problem_ = words_[at_] + ": not expected here";
        return value;
    }

    [[nodiscard]] bool has(std::size_t ahead) const { return at_ + ahead < words_.size(); }

    bool either() {
        bool value = both();
        while (has(0) && words_[at_] == "-o") {
            ++at_;
            value = both() || value;
        }
        return value;
    }

    bool both() {
        bool value = negated();
        while (has(0) && words_[at_] == "-a") {
            ++at_;
            value = negated() && value;
        }
        return value;
    }

    bool negated() {
        bool negative = false;
        while (has(1) && words_[at_] == "!" && !(has(2) && is_binary(words_[at_ + 1]))) {
            negative = !negative;
            ++at_;
        }
        return primary() != negative;
    }

    bool primary() {
        if (!has(0)) {
            if (problem_.empty()) problem_ = "an operand is missing";
            return false;
        }
        if (has(2) && is_binary(words_[at_ + 1]) && words_[at_] != "(") {
            at_ += 3;
            return binary(words_[at_ - 3], words_[at_ - 2], words_[at_ - 1]);
        }
        if (words_[at_] == "(" && has(1)) {
            ++at_;
            const bool value = either();
            if (has(0) && words_[at_] == ")") {
                ++at_;
            } else if (problem_.empty()) {
                problem_ = "')' is missing";
            }
            return value;
        }
        if (is_unary(words_[at_]) && has(1)) {
            at_ += 2;
            return unary(words_[at_ - 2][1], words_[at_ - 1]);
        }
        return !words_[at_++].empty();
    }

    [[nodiscard]] Result<struct statx> stat(const std::string& path, target::Follow follow) const {
        if (path.empty()) return failed("stat", path, ENOENT);
        if (target_.mode == target::Mode::here) {
            return sys::statx(BorrowedFd(AT_FDCWD), path,
                              follow == target::Follow::yes ? 0 : AT_SYMLINK_NOFOLLOW);
        }
        const target::deadline::Guard guard(target_);
        return target::stat(target_, target::join_path(directory_, path), follow);
    }

    // From outside, the agent reads as root: what counts is whether this session may at all.
    [[nodiscard]] bool access(char letter, const std::string& path) const {
        const int mode = letter == 'r' ? R_OK : letter == 'w' ? W_OK : X_OK;
        if (target_.mode == target::Mode::here) {
            return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
        }
        const auto status = stat(path, target::Follow::yes);
        if (!status) return false;
        if (letter == 'w' && target::may_write(target_)) return true;
        if (letter == 'w') {
            return target::place(target_, target::join_path(directory_, path)).first ==
                   &target_.scratch;
        }
        return letter == 'r' || S_ISDIR(status->stx_mode) || (status->stx_mode & 0111) != 0;
    }

    bool unary(char letter, const std::string& word) {
        switch (letter) {
            case 'n': return !word.empty();
            case 'z': return word.empty();
            case 't': {
                std::int64_t fd = 0;
                return number(word, fd) && ::isatty(static_cast<int>(fd)) == 1;
            }
            case 'r':
            case 'w':
            case 'x': return access(letter, word);
            default: break;
        }
        const bool link = letter == 'h' || letter == 'L';
        const auto status = stat(word, link ? target::Follow::no : target::Follow::yes);
        if (!status) return false;
        const unsigned mode = status->stx_mode;
        switch (letter) {
            case 'b': return S_ISBLK(mode);
            case 'c': return S_ISCHR(mode);
            case 'd': return S_ISDIR(mode);
            case 'f': return S_ISREG(mode);
            case 'g': return (mode & S_ISGID) != 0;
            case 'u': return (mode & S_ISUID) != 0;
            case 'k': return (mode & S_ISVTX) != 0;
            case 'h':
            case 'L': return S_ISLNK(mode);
            case 'p': return S_ISFIFO(mode);
            case 'S': return S_ISSOCK(mode);
            case 's': return status->stx_size > 0;
            case 'O': return status->stx_uid == ::geteuid();
            case 'G': return status->stx_gid == ::getegid();
            case 'N': return later(status->stx_mtime, status->stx_atime);
            default: return true;  // -e, and its old name -a
        }
    }

    static bool later(const statx_timestamp& a, const statx_timestamp& b) {
        return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
    }

    bool number(const std::string& word, std::int64_t& value) {
        const auto first = word.find_first_not_of(" \t\n");
        if (first != word.npos) {
            const auto end = word.find_last_not_of(" \t\n") + 1;
            auto digits = std::string_view(word).substr(first, end - first);
            if (digits.starts_with('+')) digits.remove_prefix(1);
            const auto [stop, code] =
                std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (code == std::errc{} && stop == digits.data() + digits.size()) return true;
        }
        if (problem_.empty()) problem_ = (word.empty() ? "''" : word) + ": not a number";
        return false;
    }

    bool binary(const std::string& left, const std::string& operation, const std::string& right) {
        if (operation == "=" || operation == "==") return alike(left, right);
        if (operation == "!=") return !alike(left, right);
        if (operation == "<") return left < right;
        if (operation == ">") return left > right;
        if (operation == "-nt" || operation == "-ot" || operation == "-ef") {
            return compare_files(left, operation[1], right);
        }
        std::int64_t a = 0;
        std::int64_t b = 0;
        if (!number(left, a) || !number(right, b)) return false;
        if (operation == "-eq") return a == b;
        if (operation == "-ne") return a != b;
        if (operation == "-lt") return a < b;
        if (operation == "-le") return a <= b;
        if (operation == "-gt") return a > b;
        return a >= b;
    }

    [[nodiscard]] bool alike(const std::string& left, const std::string& right) const {
        return same_ ? same_(left, right) : left == right;
    }

    bool compare_files(const std::string& left, char operation, const std::string& right) {
        const auto a = stat(left, target::Follow::yes);
        const auto b = stat(right, target::Follow::yes);
        if (operation == 'e') {
            return a && b && a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
                   a->stx_dev_minor == b->stx_dev_minor;
        }
        const auto& newer = operation == 'n' ? a : b;
        const auto& older = operation == 'n' ? b : a;
        if (!newer) return false;
        return !older || later(newer->stx_mtime, older->stx_mtime);
    }

    std::span<const std::string> words_;
    const target::Target& target_;
    const std::string& directory_;
    Same same_;
    std::size_t at_ = 0;
    std::string problem_;
};

}  // namespace

int test(std::span<const std::string> words, const target::Target& target,
         const std::string& directory, std::string& problem, Same same) {
    return Condition(words, target, directory, same).run(problem);
}

}  // namespace words

namespace {

int run(Invocation& call) {
    std::span<const std::string> expression = call.operands;
    if (call.command.name == "[") {
        if (expression.empty() || expression.back() != "]") return call.misused("']' is missing");
        expression = expression.first(expression.size() - 1);
    }
    std::string problem;
    const int status = words::test(expression, call.target, call.directory, problem);
    if (status == 2) call.complain(problem);
    return status;
}

constexpr const char* help =
    "Files: -e exists, -f regular, -d directory, -h -L link, -p FIFO, -S socket, -b -c device,\n"
    "-r -w -x access, -s not empty, -u -g -k mode bits, -O -G ours; A -nt B newer, -ot older, -ef "
    "same.\n"
    "Texts: -n -z = != < >. Numbers: -eq -ne -lt -le -gt -ge. Also ! ( ) -a -o, and -t N: a "
    "terminal.\n\n"
    "Example:\n  if [ -s /etc/hosts ] && test ! -L /data; then echo 'as it should be'; fi\n";

constexpr Command test_command{
    .name = "test",
    .usage = "EXPRESSION",
    .summary = "test files, texts and numbers",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .help = help,
    .raw = true,
};
const Register registered{test_command};

constexpr Command bracket{
    .name = "[",
    .usage = "EXPRESSION ]",
    .summary = "test files, texts and numbers",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .help = help,
    .raw = true,
};
const Register registered_bracket{bracket};

}  // namespace
}  // namespace limpet::commands
