// shell/arithmetic.cpp - C's integer expressions.
#include "shell/arithmetic.h"

#include "shell/beginnings.h"

#include <charconv>
#include <string>

namespace limpet::shell {
namespace {

using Number = std::int64_t;

struct BinaryOperator {
    std::string_view text;
    int precedence;
};
// Those that begin alike beside one another, the longest first.
constexpr BinaryOperator binary_operators[] = {
    {"+", 9},  {"-", 9},  {"<<", 8}, {"<=", 7}, {"<", 7},  {">>", 8},
    {">=", 7}, {">", 7},  {"==", 6}, {"!=", 6}, {"*", 10}, {"/", 10},
    {"%", 10}, {"&&", 2}, {"&", 5},  {"||", 1}, {"|", 3},  {"^", 4},
};
constexpr auto first_operator = beginnings(binary_operators, &BinaryOperator::text);
constexpr std::string_view assignments[] = {
    "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="};

// Two's complement that wraps: what every shell does, and no undefined behaviour.
Number wrap(std::uint64_t bits) { return static_cast<Number>(bits); }
std::uint64_t bits(Number value) { return static_cast<std::uint64_t>(value); }

class Evaluation {
public:
    Evaluation(std::string_view text, Variables& variables, bool nounset, int depth)
        : text_(text), variables_(variables), nounset_(nounset), depth_(depth) {}

    Result<Number> run() {
        skip_blanks();
        if (at_ == text_.size()) return 0;
        const Number value = comma();
        skip_blanks();
        if (problem_.empty() && at_ < text_.size()) {
            stop("unexpected '" + std::string(text_.substr(at_)) + "'");
        }
        if (!problem_.empty()) return refused("arithmetic", problem_);
        return value;
    }

private:
    struct Operand {
        Number value = 0;
        bool variable = false;
        Symbol symbol = 0;
    };

    void stop(std::string_view why) {
        if (problem_.empty()) problem_ = why;
        at_ = text_.size();
    }
    void skip_blanks() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))) {
            ++at_;
        }
    }
    [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

    Number comma() {
        Number value = assignment();
        for (skip_blanks(); rest().starts_with(','); skip_blanks()) {
            ++at_;
            value = assignment();
        }
        return value;
    }

    // An assignment begins like a condition, and is one if an operator follows a name.
    Number assignment() {
        if (++depth_ > depth_limit) {
            stop("nested too deeply");
            return 0;
        }
        skip_blanks();
        const auto start = at_;
        Number value = 0;
        if (at_ < text_.size() && is_name_start(text_[at_])) {
            const auto symbol = name();
            skip_blanks();
            if (const auto found = assignment_operator(); !found.empty()) {
                at_ += found.size();
                value = assign(symbol, found);
                --depth_;
                return value;
            }
            at_ = start;
        }
        value = condition();
        --depth_;
        return value;
    }

    [[nodiscard]] std::string_view assignment_operator() const {
        const char first = at_ < text_.size() ? text_[at_] : '\0';
        for (const auto candidate : assignments) {
            if (candidate[0] == first && rest().starts_with(candidate) &&
                !(candidate == "=" && rest().starts_with("=="))) {
                return candidate;
            }
        }
        return {};
    }

    Number assign(Symbol symbol, std::string_view written) {
        Number value = assignment();
        if (skipping_ > 0 || !problem_.empty()) return value;
        if (written != "=") {
            const auto operation = written.substr(0, written.size() - 1);
            value = apply(operation, variable(symbol), value);
        }
        store(symbol, value);
        return value;
    }

    void store(Symbol symbol, Number value) {
        if (skipping_ > 0 || !problem_.empty()) return;
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        if (!variables_.set(symbol, {digits, static_cast<std::size_t>(end - digits)})) {
            stop(variables_.symbols.name(symbol) + " is read-only");
        }
    }

    Number condition() {
        const Number test = binary(unary(), 1);
        skip_blanks();
        if (!rest().starts_with('?')) return test;
        ++at_;
        skipping_ += test == 0;
        const Number yes = comma();
        skipping_ -= test == 0;
        skip_blanks();
        if (!rest().starts_with(':')) {
            stop("':' is missing");
            return 0;
        }
        ++at_;
        skipping_ += test != 0;
        const Number no = assignment();
        skipping_ -= test != 0;
        return test != 0 ? yes : no;
    }

    [[nodiscard]] const BinaryOperator* binary_operator() const {
        if (at_ >= text_.size()) return nullptr;
        const char first = text_[at_];
        for (std::size_t i = first_operator[static_cast<unsigned char>(first)];
             i < std::size(binary_operators) && binary_operators[i].text[0] == first; ++i) {
            const auto& candidate = binary_operators[i];
            if (!rest().starts_with(candidate.text)) continue;
            // a += 1 where no assignment can stand: not a binary operator either.
            const auto after = rest().substr(candidate.text.size());
            const bool assigns = after.starts_with('=') && candidate.precedence != 6 &&
                                 candidate.precedence != 7 && candidate.precedence > 2 &&
                                 !after.starts_with("==");
            return assigns ? nullptr : &candidate;
        }
        return nullptr;
    }

    // Precedence climbing.
    Number binary(Number left, int least) {
        for (;;) {
            skip_blanks();
            const auto* operation = binary_operator();
            if (!operation || operation->precedence < least) return left;
            at_ += operation->text.size();
            const bool decided = (operation->precedence == 1 && left != 0) ||
                                 (operation->precedence == 2 && left == 0);
            skipping_ += decided;
            Number right = unary();
            for (;;) {
                skip_blanks();
                const auto* next = binary_operator();
                if (!next || next->precedence <= operation->precedence) break;
                right = binary(right, next->precedence);
            }
            skipping_ -= decided;
            left = apply(operation->text, left, right);
        }
    }

    Number apply(std::string_view operation, Number left, Number right) {
        const char first = operation[0];
        const bool doubled = operation.size() == 2;
        switch (first) {
            case '+': return wrap(bits(left) + bits(right));
            case '-': return wrap(bits(left) - bits(right));
            case '*': return wrap(bits(left) * bits(right));
            case '/':
            case '%': return divide(first, left, right);
            case '|': return doubled ? (left != 0 || right != 0) : left | right;
            case '&': return doubled ? (left != 0 && right != 0) : left & right;
            case '^': return left ^ right;
            case '=': return left == right;
            case '!': return left != right;
            case '<':
                if (!doubled) return left < right;
                return operation[1] == '=' ? left <= right : wrap(bits(left) << (right & 63));
            default:
                if (!doubled) return left > right;
                return operation[1] == '=' ? left >= right : left >> (right & 63);
        }
    }

    Number divide(char operation, Number left, Number right) {
        if (right == 0) {
            if (skipping_ == 0) stop("division by zero");
            return 0;
        }
        // INT64_MIN / -1 traps on the processor.
        if (right == -1) return operation == '/' ? wrap(0 - bits(left)) : 0;
        return operation == '/' ? left / right : left % right;
    }

    Number unary() {
        if (++depth_ > depth_limit) {
            stop("nested too deeply");
            return 0;
        }
        const Number value = prefixed();
        --depth_;
        return value;
    }

    Number prefixed() {
        skip_blanks();
        const auto text = rest();
        if (text.starts_with("++") || text.starts_with("--")) {
            const auto start = at_;
            at_ += 2;
            skip_blanks();
            if (at_ < text_.size() && is_name_start(text_[at_])) {
                const auto symbol = name();
                const Number value = wrap(bits(variable(symbol)) + (text[0] == '+' ? 1U : ~0ULL));
                store(symbol, value);
                return value;
            }
            at_ = start;  // two signs
        }
        switch (text.empty() ? '\0' : text[0]) {
            case '+': ++at_; return unary();
            case '-': ++at_; return wrap(0 - bits(unary()));
            case '!': ++at_; return unary() == 0;
            case '~': ++at_; return ~unary();
            default: return primary();
        }
    }

    Number primary() {
        if (at_ >= text_.size()) {
            stop("an operand is missing");
            return 0;
        }
        const char byte = text_[at_];
        if (byte == '(') {
            ++at_;
            const Number value = comma();
            skip_blanks();
            if (rest().starts_with(')')) {
                ++at_;
            } else {
                stop("')' is missing");
            }
            return value;
        }
        if (is_digit(byte)) return constant();
        if (!is_name_start(byte)) {
            stop("unexpected '" + std::string(rest()) + "'");
            return 0;
        }
        const auto symbol = name();
        const Number value = variable(symbol);
        skip_blanks();
        if (rest().starts_with("++") || rest().starts_with("--")) {
            const bool up = text_[at_] == '+';
            at_ += 2;
            store(symbol, wrap(bits(value) + (up ? 1U : ~0ULL)));
        }
        return value;
    }

    Number constant() {
        auto end = at_;
        while (end < text_.size() && (is_name_byte(text_[end]) || text_[end] == '#')) ++end;
        Number value = 0;
        const auto written = text_.substr(at_, end - at_);
        at_ = end;
        if (!parse_constant(written, value)) {
            stop("'" + std::string(written) + "' is not a number");
        }
        return value;
    }

    Symbol name() {
        // assignment() has looked for an operator behind it before.
        if (at_ != name_start_) {
            name_start_ = name_end_ = at_;
            while (name_end_ < text_.size() && is_name_byte(text_[name_end_])) ++name_end_;
            name_ = variables_.symbols.intern(text_.substr(at_, name_end_ - at_));
        }
        at_ = name_end_;
        return name_;
    }

    // A value that is no constant is an expression of its own, as in most shells.
    Number variable(Symbol symbol) {
        if (skipping_ > 0) return 0;
        const auto* value = variables_.get(symbol);
        if (!value) {
            if (nounset_) stop(variables_.symbols.name(symbol) + ": parameter not set");
            return 0;
        }
        Number number = 0;
        if (parse_constant(*value, number)) return number;
        if (depth_ + 20 > depth_limit) {
            stop("nested too deeply");
            return 0;
        }
        const std::string copy = *value;
        auto inner = Evaluation(copy, variables_, nounset_, depth_ + 20).run();
        if (!inner) stop(inner.error().subject());
        return inner ? *inner : 0;
    }

    static constexpr int depth_limit = 500;

    std::string_view text_;
    std::size_t at_ = 0;
    Variables& variables_;
    bool nounset_;
    int depth_;
    int skipping_ = 0;                                 // in what && || ?: leave out
    std::size_t name_start_ = std::string_view::npos;  // the last name that was read
    std::size_t name_end_ = 0;
    Symbol name_ = 0;
    std::string problem_;
};

}  // namespace

bool parse_constant(std::string_view text, std::int64_t& value) {
    constexpr std::size_t always_fits = 18;
    if (!text.empty() && text.size() <= always_fits && text[0] != '0') {
        value = 0;
        for (std::size_t i = 0; is_digit(text[i]); ++i) {
            value = value * 10 + (text[i] - '0');
            if (i + 1 == text.size()) return true;
        }
    }
    constexpr std::string_view blanks = " \t\n\v\f\r";
    const auto first = text.find_first_not_of(blanks);
    value = 0;
    if (first == text.npos) return true;
    text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
    const bool negative = text[0] == '-';
    if (negative || text[0] == '+') text.remove_prefix(1);
    int base = 10;
    if (const auto mark = text.find('#'); mark == 1 || mark == 2) {
        // 36#zz: beyond POSIX, and common.
        const auto written = text.substr(0, mark);
        const auto [stop, bad] = std::from_chars(written.data(), written.data() + mark, base);
        if (bad != std::errc{} || stop != written.data() + mark || base < 2 || base > 36)
            return false;
        text.remove_prefix(mark + 1);
    } else if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text[0] == '0') {
        base = 8;
        text.remove_prefix(1);
    }
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (end != text.data() + text.size() || text.empty()) return false;
    constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
    // strtoimax(3)'s way: what does not fit becomes the nearest number that does.
    if (code == std::errc::result_out_of_range || number > most + (negative ? 1 : 0)) {
        number = most + (negative ? 1 : 0);
    }
    value = wrap(negative ? 0 - number : number);
    return true;
}

Result<std::int64_t> evaluate(std::string_view expression, Variables& variables, bool nounset) {
    return Evaluation(expression, variables, nounset, 0).run();
}

}  // namespace limpet::shell
