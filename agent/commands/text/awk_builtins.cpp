// commands/text/awk_builtins.cpp - functions of awk, but those with expressions.
#include "commands/mathematics.h"
#include "commands/text/awk_format.h"
#include "commands/text/awk_machine.h"
#include "parse/calendar.h"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace limpet::commands::awk {
namespace {

// What a negative number has no logarithm and no root of is not -nan.
double cleaned(double number) { return std::isnan(number) ? std::abs(number) : number; }

double now() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<double>(time.tv_sec);
}

}  // namespace

double Machine::number_builtin(const Node& node) {
    const auto argument = [&](std::size_t at) { return number(*node.list[at]); };
    switch (static_cast<Builtin>(node.slot)) {
        case Builtin::atan2: {
            const double y = argument(0);
            return mathematics::atan2(y, argument(1));
        }
        case Builtin::cos: return mathematics::cos(argument(0));
        case Builtin::sin: return mathematics::sin(argument(0));
        case Builtin::exp: return mathematics::exp(argument(0));
        case Builtin::log: return cleaned(mathematics::log(argument(0)));
        case Builtin::sqrt: return cleaned(std::sqrt(argument(0)));
        case Builtin::integer: return std::trunc(argument(0));
        case Builtin::rand: return random();
        case Builtin::srand: return seed(node);
        case Builtin::systime: return now();
        case Builtin::length: return length(node);
        case Builtin::index: return index(node);
        case Builtin::match: return match(node);
        case Builtin::split: return split(node);
        case Builtin::sub: return substitute(node, false);
        case Builtin::gsub: return substitute(node, true);
        case Builtin::system: return system(node);
        case Builtin::fflush: return flush(node);
        case Builtin::bit_and:
        case Builtin::bit_or:
        case Builtin::bit_xor:
        case Builtin::shift_left:
        case Builtin::shift_right:
        case Builtin::complement: return bits(node);
        case Builtin::close: {
            Scratch scratch;
            const std::string name(text(*node.list[0], scratch));
            return flow_ == Flow::exit ? -1 : streams_.close(name);
        }
        default: return builtin(node).number();
    }
}

Value Machine::builtin(const Node& node) {
    switch (static_cast<Builtin>(node.slot)) {
        case Builtin::substr: return substring(node);
        case Builtin::sprintf: return formatted(node);
        case Builtin::tolower: return cased(node, false);
        case Builtin::toupper: return cased(node, true);
        case Builtin::gensub: return substituted(node);
        case Builtin::strftime: return time_text(node);
        default: return number_builtin(node);
    }
}

// Whole numbers of the 53 bits that a number has.
double Machine::bits(const Node& node) {
    constexpr std::uint64_t all = (std::uint64_t{1} << 53) - 1;
    std::uint64_t made = 0;
    for (std::size_t i = 0; i < node.list.size(); ++i) {
        const double given = number(*node.list[i]);
        if (!(given >= 0 && given < 0x1p64)) {
            fail("bits", "a number that is negative or too large");
            return 0;
        }
        const auto operand = static_cast<std::uint64_t>(given);
        const auto which = static_cast<Builtin>(node.slot);
        if (i == 0) {
            made = which == Builtin::complement ? ~operand & all : operand;
        } else if (which == Builtin::bit_and) {
            made &= operand;
        } else if (which == Builtin::bit_or) {
            made |= operand;
        } else if (which == Builtin::bit_xor) {
            made ^= operand;
        } else if (operand >= 64) {
            made = 0;
        } else {
            made = which == Builtin::shift_left ? made << operand : made >> operand;
        }
    }
    return static_cast<double>(made);
}

double Machine::length(const Node& node) {
    if (node.list.empty()) {
        return static_cast<double>(character_count(record_.text(ofs_, convfmt_)));
    }
    const auto& subject = *node.list[0];
    if (subject.op == Op::local && variable(subject).kind() == Value::Kind::array) {
        return static_cast<double>(variable(subject).array()->size());
    }
    if ((subject.op == Op::global || subject.op == Op::special) &&
        program_.globals[subject.slot].array) {
        return static_cast<double>(array(subject).size());
    }
    Scratch scratch;
    return static_cast<double>(character_count(text(subject, scratch)));
}

// Positions lose their fractions; one before the text is its first, with the length as given.
Value Machine::substring(const Node& node) {
    Scratch scratch;
    const bool pure = std::ranges::all_of(node.list, [](const Node* part) { return part->pure; });
    if (!pure) scratch.hold = value(*node.list[0]);
    const double begin = std::max(std::trunc(number(*node.list[1])), 1.0);
    double end = INFINITY;
    if (node.list.size() == 3) end = begin + std::trunc(number(*node.list[2]));
    const auto subject = pure ? text(*node.list[0], scratch) : text_of(scratch.hold, scratch);
    const auto size = static_cast<double>(subject.size());
    // Not a number is no position and no length.
    if (!(begin <= size && end > begin)) return Value(std::string_view());
    const auto first = static_cast<std::size_t>(begin) - 1;
    const auto count = static_cast<std::size_t>(std::min(end, size + 1) - begin);
    if (is_ascii(subject)) return Value(subject.substr(first, count));
    const auto rest = subject.substr(character_place(subject, first));
    return Value(rest.substr(0, character_place(rest, count)));
}

double Machine::index(const Node& node) {
    Scratch first, second;
    std::string_view subject;
    if (node.list[1]->pure) {
        subject = text(*node.list[0], first);
    } else {
        first.hold = value(*node.list[0]);
        subject = text_of(first.hold, first);
    }
    const auto at = subject.find(text(*node.list[1], second));
    if (at == subject.npos) return 0;
    return static_cast<double>(character_count(subject.substr(0, at)) + 1);
}

Value Machine::formatted(const Node& node) {
    const auto before = stack_.size();
    for (const auto* part : node.list) stack_.push_back(value(*part));
    const auto start = buffer_.size();
    Scratch scratch;
    Value form = stack_[before];
    format_to_buffer(text_of(form, scratch), before + 1);
    stack_.resize(before);
    Value made(std::string_view(buffer_).substr(start));
    buffer_.resize(start);
    return made;
}

Value Machine::cased(const Node& node, bool upper) {
    Scratch scratch;
    Value made(text(*node.list[0], scratch));
    const auto before = buffer_.size();
    buffer_ += made.view();
    for (auto& c : std::span(buffer_).subspan(before)) {
        if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') c = static_cast<char>(c ^ 0x20);
    }
    made = Value(std::string_view(buffer_).substr(before));
    buffer_.resize(before);
    return made;
}

Value Machine::time_text(const Node& node) {
    Scratch scratch;
    std::string form = "%a %b %e %H:%M:%S %Z %Y";
    if (!node.list.empty()) form = text(*node.list[0], scratch);
    const double seconds = node.list.size() > 1 ? number(*node.list[1]) : now();
    // The years that four digits have.
    if (!(std::abs(seconds) < 2.5e11)) return Value(std::string_view());
    return Value(
        parse::format_time(form, parse::moment(static_cast<std::int64_t>(std::floor(seconds)))));
}

double Machine::seed(const Node& node) {
    const double before = seed_;
    seed_ = node.list.empty() ? now() : number(*node.list[0]);
    static_assert(sizeof seed_ == sizeof random_);
    std::memcpy(&random_, &seed_, sizeof random_);
    random_ = (random_ ^ (random_ >> 29)) * 0x9E3779B97F4A7C15U + 1;
    random();
    return before;
}

// splitmix64: good enough, and the same everywhere.
double Machine::random() {
    auto mixed = random_ += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    mixed ^= mixed >> 31;
    return static_cast<double>(mixed >> 11) * 0x1p-53;
}

double Machine::flush(const Node& node) {
    if (node.list.empty()) return streams_.flush_all() ? 0 : -1;
    Scratch scratch;
    const std::string name(text(*node.list[0], scratch));
    if (name.empty()) return streams_.flush_all() ? 0 : -1;
    return streams_.flush(name) ? 0 : -1;
}

double Machine::system(const Node& node) {
    Scratch scratch;
    const std::string command(text(*node.list[0], scratch));
    if (flow_ == Flow::exit) return -1;
    const auto status = streams_.run(command);
    if (status) return *status;
    fail(status.error());
    return -1;
}

}  // namespace limpet::commands::awk
