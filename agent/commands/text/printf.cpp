// printf.cpp - print words by a format.
#include "commands/text/printf.h"

#include "commands/command.h"
#include "commands/text/escapes.h"
#include "commands/utf8.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace limpet::commands {
namespace words {
namespace {

// Wider fields are a mistake, and would only be memory.
constexpr long width_limit = 1'000'000;

class Formatter {
public:
    explicit Formatter(std::span<const std::string> operands) : arguments_(operands) {}

    Printed run(std::string_view written) {
        // The format is used again while operands are left and it takes any.
        do {
            const auto before = at_;
            if (!once(written)) break;
            if (at_ == before) break;
        } while (at_ < arguments_.size());
        return std::move(printed_);
    }

private:
    struct Directive {
        std::string flags;
        bool has_width = false;
        bool has_precision = false;
        long width = 0;
        long precision = 0;
    };

    void problem(std::string text) {
        printed_.problems.push_back(std::move(text));
        printed_.status = 1;
    }
    const std::string* next() { return at_ < arguments_.size() ? &arguments_[at_++] : nullptr; }

    bool once(std::string_view written) {
        std::size_t at = 0;
        while (at < written.size()) {
            const auto percent = written.find('%', at);
            append_unescaped(printed_.out, written.substr(at, percent - at), Escapes::format);
            if (percent == written.npos) return true;
            at = percent + 1;
            if (written.substr(at, 1) == "%") {
                printed_.out += '%';
                ++at;
                continue;
            }
            if (!directive(written, at)) return false;
        }
        return true;
    }

    long count(std::string_view written, std::size_t& at) {
        if (written.substr(at, 1) == "*") {
            ++at;
            const auto* word = next();
            return word ? static_cast<long>(integer(*word)) : 0;
        }
        long value = 0;
        while (at < written.size() && written[at] >= '0' && written[at] <= '9') {
            value = std::min(value * 10 + (written[at++] - '0'), width_limit);
        }
        return value;
    }

    bool directive(std::string_view written, std::size_t& at) {
        Directive made;
        const auto start = at;
        while (at < written.size() && std::string_view("-+ #0").contains(written[at])) {
            made.flags += written[at++];
        }
        made.has_width = at < written.size() &&
                         (written[at] == '*' || (written[at] >= '0' && written[at] <= '9'));
        made.width = count(written, at);
        if (made.width < 0) {
            made.flags += '-';
            made.width = -made.width;
        }
        if (written.substr(at, 1) == ".") {
            ++at;
            made.has_precision = true;
            made.precision = count(written, at);
            if (made.precision < 0) made.has_precision = false;
        }
        // C's length modifiers say nothing here: all integers are 64 bits wide.
        while (at < written.size() && std::string_view("hlLqjzt").contains(written[at])) ++at;
        made.width = std::min(made.width, width_limit);
        made.precision = std::min(made.precision, width_limit);
        if (at >= written.size()) {
            problem("%" + std::string(written.substr(start)) + ": a directive is not finished");
            return false;
        }
        return convert(made, written[at++]);
    }

    bool convert(const Directive& made, char letter) {
        switch (letter) {
            case 'd':
            case 'i': signed_number(made); return true;
            case 'o':
            case 'u':
            case 'x':
            case 'X': unsigned_number(made, letter); return true;
            case 'a':
            case 'A':
            case 'e':
            case 'E':
            case 'f':
            case 'F':
            case 'g':
            case 'G': floating(made, letter); return true;
            case 'c': {
                const auto* word = next();
                padded(made, word ? std::string_view(*word).substr(0, 1) : std::string_view{});
                return true;
            }
            case 's': {
                const auto* word = next();
                padded(made, word ? limited(made, *word) : std::string_view{});
                return true;
            }
            case 'b': {
                const auto* word = next();
                std::string plain;
                const bool goes_on = !word || append_unescaped(plain, *word, Escapes::argument);
                padded(made, limited(made, plain));
                return goes_on;
            }
            default:
                problem(std::string("%") + letter + ": there is no such directive");
                return false;
        }
    }

    static std::string_view limited(const Directive& made, std::string_view text) {
        return made.has_precision ? text.substr(0, static_cast<std::size_t>(made.precision)) : text;
    }

    void padded(const Directive& made, std::string_view text) {
        const auto width = static_cast<std::size_t>(made.width);
        const auto missing = text.size() < width ? width - text.size() : 0;
        const bool left = made.flags.contains('-');
        if (!left) printed_.out.append(missing, ' ');
        printed_.out += text;
        if (left) printed_.out.append(missing, ' ');
    }

    static std::string conversion(const Directive& made, std::string_view letters) {
        std::string text = "%" + made.flags + "*";
        if (made.has_precision) text += ".*";
        return text += letters;
    }

    // The format is made of checked flags and a fixed letter.
    template <typename T>
    void print(const Directive& made, const std::string& with, T value) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        const int width = static_cast<int>(made.width);
        const int precision = static_cast<int>(made.precision);
        const auto write = [&](char* place, std::size_t size) {
            return made.has_precision
                       ? std::snprintf(place, size, with.c_str(), width, precision, value)
                       : std::snprintf(place, size, with.c_str(), width, value);
        };
#pragma GCC diagnostic pop
        char small[128];
        const int size = write(small, sizeof small);
        if (size < 0) return;
        if (static_cast<std::size_t>(size) < sizeof small) {
            printed_.out.append(small, static_cast<std::size_t>(size));
            return;
        }
        std::string large(static_cast<std::size_t>(size) + 1, '\0');
        write(large.data(), large.size());
        printed_.out.append(large, 0, static_cast<std::size_t>(size));
    }

    // 'c is the code of c.
    static bool quoted_code(const std::string& word, long long& code) {
        if (word.empty() || (word[0] != '\'' && word[0] != '"')) return false;
        const auto rest = std::string_view(word).substr(1);
        if (rest.empty()) {
            code = 0;
            return true;
        }
        const auto length = utf8_length(rest);
        code = length == 0 ? static_cast<unsigned char>(rest[0])
                           : static_cast<long long>(utf8_decode(rest.substr(0, length)));
        return true;
    }

    void check_end(const std::string& word, const char* end) {
        if (errno == ERANGE) {
            problem(word + ": out of range");
        } else if (end == word.c_str()) {
            problem(word.empty() ? "'': not a number" : word + ": not a number");
        } else if (*end) {
            problem(word + ": not a number all through");
        }
    }

    long long integer(const std::string& word) {
        long long value = 0;
        if (quoted_code(word, value)) return value;
        char* end = nullptr;
        errno = 0;
        value = std::strtoll(word.c_str(), &end, 0);
        check_end(word, end);
        return value;
    }

    void signed_number(const Directive& made) {
        const auto* word = next();
        print(made, conversion(made, "lld"), word ? integer(*word) : 0LL);
    }

    void unsigned_number(const Directive& made, char letter) {
        const auto* word = next();
        unsigned long long value = 0;
        long long code = 0;
        if (word && quoted_code(*word, code)) {
            value = static_cast<unsigned long long>(code);
        } else if (word) {
            char* end = nullptr;
            errno = 0;
            value = std::strtoull(word->c_str(), &end, 0);
            check_end(*word, end);
        }
        print(made, conversion(made, std::string("ll") + letter), value);
    }

    void floating(const Directive& made, char letter) {
        const auto* word = next();
        long double value = 0;
        long long code = 0;
        if (word && quoted_code(*word, code)) {
            value = static_cast<long double>(code);
        } else if (word) {
            char* end = nullptr;
            errno = 0;
            value = std::strtold(word->c_str(), &end);
            check_end(*word, end);
        }
        print(made, conversion(made, std::string("L") + letter), value);
    }

    std::span<const std::string> arguments_;
    std::size_t at_ = 0;
    Printed printed_;
};

}  // namespace

Printed format(std::span<const std::string> operands) {
    return Formatter(operands.subspan(1)).run(operands[0]);
}

}  // namespace words

namespace {

int run(Invocation& call) {
    auto& operands = call.operands;
    if (!operands.empty() && operands[0] == "--") operands.erase(operands.begin());
    if (operands.empty()) return call.misused("a format is missing");
    const auto printed = words::format(operands);
    call.out.write(printed.out);
    call.out.flush();
    for (const auto& problem : printed.problems) call.complain(problem);
    return printed.status;
}

constexpr Command printf_command{
    .name = "printf",
    .usage = "FORMAT [ARGUMENT...]",
    .summary = "print words by a format",
    .theme = "text",
    .run = run,
    .help =
        "Directives: %d %i %o %u %x %X %c %s %b %e %f %g %a %%, with flags, width and precision;\n"
        "%b replaces backslash escapes in its argument. The format is used again while arguments\n"
        "are left.\n"
        "\nExample:\n  printf '%-10s %5d\\n' used 42\n",
    .raw = true,
    .builtin = true,
};
const Register registered{printf_command};

}  // namespace
}  // namespace limpet::commands
