// tr.cpp - replace, squeeze and delete bytes.
#include "commands/command.h"

#include <array>
#include <bitset>
#include <cctype>

namespace limpet::commands {
namespace {

// One of the two sets, in its order, as bytes.
struct Set {
    std::string bytes;
    bool classes = false;                // [:lower:] and [:upper:] only map onto one another
    std::optional<std::size_t> fill_at;  // [x*]: as many as the other set needs
    char fill = 0;
};

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Set> whole() {
        while (at_ < text_.size()) {
            if (text_[at_] == '[' && TRY(bracket())) continue;
            const char low = byte();
            if (at_ + 1 < text_.size() && text_[at_] == '-') {
                ++at_;
                const char high = byte();
                const auto first = static_cast<unsigned char>(low);
                const auto last = static_cast<unsigned char>(high);
                if (last < first) return refused("set", "a range runs backwards");
                for (unsigned value = first; value <= last; ++value) {
                    set_.bytes += static_cast<char>(value);
                }
            } else {
                set_.bytes += low;
            }
        }
        return std::move(set_);
    }

private:
    char byte() {
        const char plain = text_[at_++];
        if (plain != '\\' || at_ == text_.size()) return plain;
        const char letter = text_[at_++];
        if (letter >= '0' && letter <= '7') {
            unsigned value = static_cast<unsigned>(letter - '0');
            for (int digits = 1; digits < 3 && at_ < text_.size(); ++digits) {
                const char next = text_[at_];
                if (next < '0' || next > '7' ||
                    value * 8 + static_cast<unsigned>(next - '0') > 255) {
                    break;
                }
                value = value * 8 + static_cast<unsigned>(next - '0');
                ++at_;
            }
            return static_cast<char>(value);
        }
        constexpr std::string_view letters = "abfnrtv\\";
        constexpr std::string_view values = "\a\b\f\n\r\t\v\\";
        const auto known = letters.find(letter);
        return known == letters.npos ? letter : values[known];
    }

    // [:class:], [=x=], [x*n]; false when the bracket is itself.
    Result<bool> bracket() {
        const auto rest = text_.substr(at_);
        if (rest.starts_with("[:")) {
            const auto end = rest.find(":]", 2);
            if (end == rest.npos) return false;
            const auto name = rest.substr(2, end - 2);
            if (!add_class(name)) {
                return refused("set", "there is no class '" + std::string(name) + "'");
            }
            at_ += end + 2;
            return true;
        }
        if (rest.starts_with("[=") && rest.size() >= 5 && rest.substr(3, 2) == "=]") {
            set_.bytes += rest[2];
            at_ += 5;
            return true;
        }
        return repeat();
    }

    Result<bool> repeat() {
        const auto before = at_;
        ++at_;
        if (at_ >= text_.size()) {
            at_ = before;
            return false;
        }
        const char repeated = byte();
        const auto close = text_.find(']', at_);
        if (at_ >= text_.size() || text_[at_] != '*' || close == text_.npos) {
            at_ = before;
            return false;
        }
        std::size_t count = 0;
        const auto digits = text_.substr(at_ + 1, close - at_ - 1);
        const unsigned base = digits.starts_with('0') ? 8 : 10;
        for (const char digit : digits) {
            if (digit < '0' || digit > '9' || count > 100'000) {
                at_ = before;
                return false;
            }
            count = count * base + static_cast<std::size_t>(digit - '0');
        }
        at_ = close + 1;
        if (count == 0) {
            set_.fill_at = set_.bytes.size();
            set_.fill = repeated;
        } else {
            set_.bytes.append(std::min<std::size_t>(count, 65536), repeated);
        }
        return true;
    }

    bool add_class(std::string_view name) {
        constexpr std::pair<std::string_view, int (*)(int)> classes[]{
            {"alpha", std::isalpha}, {"digit", std::isdigit}, {"alnum", std::isalnum},
            {"upper", std::isupper}, {"lower", std::islower}, {"space", std::isspace},
            {"blank", std::isblank}, {"punct", std::ispunct}, {"print", std::isprint},
            {"graph", std::isgraph}, {"cntrl", std::iscntrl}, {"xdigit", std::isxdigit},
        };
        for (const auto& [known, is] : classes) {
            if (known != name) continue;
            for (int value = 0; value < 256; ++value) {
                if (is(value)) set_.bytes += static_cast<char>(value);
            }
            set_.classes = true;
            return true;
        }
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Set set_;
};

using Members = std::bitset<256>;

Members members(const Set& set) {
    Members found;
    for (const char byte : set.bytes) found.set(static_cast<unsigned char>(byte));
    return found;
}

struct Plan {
    std::array<unsigned char, 256> to{};
    Members deleted, squeezed;
};

// The second set as long as the first: filled at [x*], else with its last byte.
void stretch(Set& set, std::size_t length, bool truncate_first) {
    if (set.fill_at) {
        const auto missing = length > set.bytes.size() ? length - set.bytes.size() : 0;
        set.bytes.insert(*set.fill_at, missing, set.fill);
    }
    if (!truncate_first && set.bytes.size() < length && !set.bytes.empty()) {
        set.bytes.append(length - set.bytes.size(), set.bytes.back());
    }
}

Result<Plan> plan_of(const Options& options, const std::vector<std::string>& operands) {
    const bool deletes = options.has('d'), squeezes = options.has('s');
    const std::size_t least = deletes && !squeezes ? 1 : squeezes && !deletes ? 1 : 2;
    const std::size_t most = deletes && !squeezes ? 1 : 2;
    if (operands.size() < least) return refused("set", "one is missing");
    if (operands.size() > most) return refused("set", "'" + operands[most] + "' is one too many");
    auto first = TRY(Parser(operands[0]).whole());
    Set second;
    if (operands.size() > 1) second = TRY(Parser(operands[1]).whole());
    if (options.has('c') || options.has('C')) {
        const auto inside = members(first);
        first.bytes.clear();
        for (unsigned value = 0; value < 256; ++value) {
            if (!inside.test(value)) first.bytes += static_cast<char>(value);
        }
    }
    Plan plan;
    for (unsigned value = 0; value < 256; ++value)
        plan.to[value] = static_cast<unsigned char>(value);
    if (deletes) {
        plan.deleted = members(first);
        if (squeezes) plan.squeezed = members(second);
        return plan;
    }
    if (operands.size() == 1) {
        plan.squeezed = members(first);
        return plan;
    }
    if (second.bytes.empty() && !second.fill_at && !options.has('t')) {
        return refused("set", "the second must not be empty");
    }
    stretch(second, first.bytes.size(), options.has('t'));
    if (squeezes) plan.squeezed = members(second);
    for (std::size_t i = 0; i < first.bytes.size() && i < second.bytes.size(); ++i) {
        plan.to[static_cast<unsigned char>(first.bytes[i])] =
            static_cast<unsigned char>(second.bytes[i]);
    }
    return plan;
}

int run(Invocation& call) {
    const auto plan = plan_of(call.options, call.operands);
    if (!plan) return call.misused(text(plan.error()));
    int last = -1;
    std::string out;
    for (;;) {
        const auto bytes = call.in.block();
        if (!bytes) call.complain(bytes.error());
        if (!bytes || bytes->empty()) break;
        out.clear();
        if (plan->deleted.none() && plan->squeezed.none()) {
            out.resize(bytes->size());
            for (std::size_t i = 0; i < out.size(); ++i) {
                out[i] = static_cast<char>(plan->to[static_cast<unsigned char>((*bytes)[i])]);
            }
        } else {
            for (const char given : *bytes) {
                if (plan->deleted.test(static_cast<unsigned char>(given))) continue;
                const auto byte = plan->to[static_cast<unsigned char>(given)];
                if (byte == last && plan->squeezed.test(byte)) continue;
                last = byte;
                out += static_cast<char>(byte);
            }
        }
        call.out.write(out);
        if (bytes->size() < 65536) call.out.flush();
        if (call.out.failure()) break;
    }
    return call.status;
}

constexpr Option options[]{
    {'d', "delete", "", "delete the bytes of SET1"},
    {'s', "squeeze-repeats", "", "several equal bytes of the last set become one"},
    {'c', "complement", "", "SET1 is every byte that is not in it"},
    {'C', "", "", "the same"},
    {'t', "truncate-set1", "", "SET1 ends where SET2 does"},
};

constexpr Command tr{
    .name = "tr",
    .usage = "[-cCst] SET1 SET2 | -d [-cs] SET1 [SET2] | -s SET1",
    .summary = "replace, squeeze or delete bytes",
    .theme = "text",
    .promise = Promise::none,
    .run = run,
    .options = option_table<options>,
    .help =
        "Sets: a-z, \\n, \\ooo (octal), [:alpha:] and the like, [=x=], [x*3].\n\n"
        "Example:\n  tr '\\0' '\\n' </proc/1/environ\n",
};
const Register registered{tr};

}  // namespace
}  // namespace limpet::commands
