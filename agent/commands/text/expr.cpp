// expr.cpp - evaluate an expression of words, POSIX expr.
#include "commands/command.h"
#include "commands/utf8.h"
#include "parse/number.h"
#include "parse/regex.h"

#include <algorithm>
#include <cstdint>

namespace limpet::commands {
namespace {

using Value = std::string;

std::optional<std::int64_t> integer(std::string_view text) {
    if (text.starts_with('+')) return std::nullopt;
    return parse::number<std::int64_t>(text);
}

bool is_false(std::string_view text) {
    if (text.empty()) return true;
    const auto number = integer(text);
    return number && *number == 0;
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(std::max<std::size_t>(utf8_length(text), 1));
    return count;
}

// Recursive descent: | binds least, then &, comparisons, + -, * / %, and : most.
class Expression {
public:
    explicit Expression(std::span<const std::string> words) : words_(words) {}

    Result<Value> evaluate() {
        auto value = TRY(either());
        if (at_ != words_.size()) return refused("syntax", "'" + words_[at_] + "' is not expected");
        return value;
    }

private:
    [[nodiscard]] bool next_is(std::string_view word) const {
        return at_ < words_.size() && words_[at_] == word;
    }
    bool take(std::string_view word) {
        if (!next_is(word)) return false;
        ++at_;
        return true;
    }
    Result<Value> either() {
        auto left = TRY(both());
        while (take("|")) {
            auto right = TRY(both());
            if (is_false(left)) left = is_false(right) ? "0" : right;
        }
        return left;
    }
    Result<Value> both() {
        auto left = TRY(comparison());
        while (take("&")) {
            const auto right = TRY(comparison());
            if (is_false(left) || is_false(right)) left = "0";
        }
        return left;
    }
    Result<Value> comparison() {
        auto left = TRY(sum());
        for (;;) {
            std::string_view sign;
            for (const std::string_view one : {"=", "==", "!=", "<", "<=", ">", ">="}) {
                if (next_is(one)) sign = one;
            }
            if (sign.empty()) return left;
            ++at_;
            const auto right = TRY(sum());
            const auto a = integer(left), b = integer(right);
            const int order = a && b ? (*a < *b ? -1 : *a > *b ? 1 : 0) : left.compare(right);
            const bool holds = sign == "<"    ? order < 0
                               : sign == "<=" ? order <= 0
                               : sign == ">"  ? order > 0
                               : sign == ">=" ? order >= 0
                               : sign == "!=" ? order != 0
                                              : order == 0;
            left = holds ? "1" : "0";
        }
    }
    Result<Value> sum() {
        auto left = TRY(product());
        while (next_is("+") || next_is("-")) {
            const bool plus = words_[at_++] == "+";
            const auto right = TRY(product());
            std::int64_t result = 0;
            const auto [a, b] = TRY(both_integers(left, right));
            if (plus ? __builtin_add_overflow(a, b, &result)
                     : __builtin_sub_overflow(a, b, &result)) {
                return refused("arithmetic", "the result is out of range");
            }
            left = std::to_string(result);
        }
        return left;
    }
    Result<Value> product() {
        auto left = TRY(match());
        while (next_is("*") || next_is("/") || next_is("%")) {
            const char sign = words_[at_++][0];
            const auto right = TRY(match());
            const auto [a, b] = TRY(both_integers(left, right));
            if (sign != '*' && b == 0) return refused("arithmetic", "division by zero");
            std::int64_t result = 0;
            if (sign == '*' ? __builtin_mul_overflow(a, b, &result) : (a == INT64_MIN && b == -1)) {
                return refused("arithmetic", "the result is out of range");
            }
            if (sign == '/') result = a / b;
            if (sign == '%') result = a % b;
            left = std::to_string(result);
        }
        return left;
    }
    Result<Value> match() {
        auto left = TRY(primary());
        while (take(":")) {
            const auto right = TRY(primary());
            left = TRY(matched(left, right));
        }
        return left;
    }
    Result<Value> primary() {
        if (at_ == words_.size()) return refused("syntax", "an operand is missing at the end");
        if (take("(")) {
            if (++depth_ > 200)
                return refused("syntax", "more than 200 parentheses in one another");
            auto value = TRY(either());
            --depth_;
            if (!take(")")) return refused("syntax", "a ) is missing");
            return value;
        }
        // GNU's and busybox's additions; a word by itself is only that.
        const auto left = words_.size() - at_;
        if (next_is("length") && left >= 2) {
            ++at_;
            return std::to_string(characters(TRY(primary())));
        }
        if (next_is("match") && left >= 3) {
            ++at_;
            const auto text = TRY(primary());
            return matched(text, TRY(primary()));
        }
        if (next_is("index") && left >= 3) {
            ++at_;
            const auto text = TRY(primary());
            const auto place = text.find_first_of(TRY(primary()));
            return std::to_string(place == text.npos ? 0 : characters(text.substr(0, place)) + 1);
        }
        if (next_is("substr") && left >= 4) {
            ++at_;
            const auto text = TRY(primary());
            const auto from = integer(TRY(primary()));
            return part(text, from, integer(TRY(primary())));
        }
        if (next_is("+") && left >= 2) ++at_;
        return words_[at_++];
    }
    static Value part(std::string_view text, std::optional<std::int64_t> from,
                      std::optional<std::int64_t> length) {
        Value result;
        if (!from || !length || *from < 1 || *length < 1) return result;
        for (std::int64_t at = 1; !text.empty() && at - *from < *length; ++at) {
            const auto size = std::max<std::size_t>(utf8_length(text), 1);
            if (at >= *from) result += text.substr(0, size);
            text.remove_prefix(size);
        }
        return result;
    }
    static Result<std::pair<std::int64_t, std::int64_t>> both_integers(const Value& left,
                                                                       const Value& right) {
        const auto a = integer(left), b = integer(right);
        if (!a || !b) return refused("arithmetic", "'" + (a ? right : left) + "' is no integer");
        return std::pair(*a, *b);
    }
    // A basic expression, at the beginning of the text: its first group, or how many characters.
    static Result<Value> matched(const Value& text, const Value& pattern) {
        auto regex = TRY(parse::Regex::compile({&pattern, 1}, {}));
        const auto found = TRY(regex.groups(text));
        const bool grouped = pattern.find("\\(") != pattern.npos;
        if (!found || (*found)[0].begin != 0) return grouped ? Value() : Value("0");
        if (!grouped)
            return std::to_string(characters(std::string_view(text).substr(0, (*found)[0].end)));
        const auto group = found->size() > 1 ? (*found)[1] : parse::Regex::Span{0, 0};
        if (group.begin > text.size()) return Value();
        return text.substr(group.begin, group.end - group.begin);
    }

    std::span<const std::string> words_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

int run(Invocation& call) {
    std::span<const std::string> words = call.operands;
    if (!words.empty() && words[0] == "--") words = words.subspan(1);
    if (words.empty()) return call.misused("an expression is missing");
    const auto value = Expression(words).evaluate();
    if (!value) {
        call.complain(value.error());
        return value.error().action() == "syntax" || value.error().action() == "arithmetic" ? 2 : 3;
    }
    call.out.write(*value + '\n');
    return is_false(*value) ? 1 : 0;
}

constexpr Command expr{
    .name = "expr",
    .usage = "EXPRESSION",
    .summary = "evaluate an expression of words",
    .theme = "text",
    .run = run,
    .help =
        "Each operator and operand is a word: A | B, A & B, A = B (!= < <= > >=), A + B, - * / %,\n"
        "TEXT : EXPRESSION (a basic regular expression from the beginning: its first group, or "
        "how\n"
        "many characters match), length TEXT, index TEXT CHARACTERS, substr TEXT FROM LENGTH,\n"
        "match TEXT EXPRESSION, ( ).\n"
        "Status: 0 a value, 1 zero or nothing, 2 no expression, 3 something else.\n\n"
        "Examples:\n  expr 2 + 3 '*' 4\n  expr \"$path\" : '.*/\\(.*\\)'\n",
    .raw = true,
    .builtin = true,
};
const Register registered{expr};

}  // namespace
}  // namespace limpet::commands
