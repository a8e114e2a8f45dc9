// commands/text/awk_substitute.cpp - what awk does with regular expressions: ~, split, match, sub.
#include "commands/text/awk_machine.h"

#include "commands/utf8.h"

#include <algorithm>
#include <cmath>

namespace limpet::commands::awk {

// Expressions of the program stay, those of the input come and go.
parse::Regex* Machine::compiled(const std::string& expression) {
    if (const auto known = literals_.find(expression); known != literals_.end()) {
        return known->second.get();
    }
    auto made = parse::Regex::compile(std::span(&expression, 1),
                                      {.syntax = parse::regex::Syntax::extended});
    if (!made) {
        fail(made.error());
        return nullptr;
    }
    auto& kept = literals_[expression];
    kept = std::make_unique<parse::Regex>(*std::move(made));
    return kept.get();
}

parse::Regex* Machine::regex(std::string_view text) {
    if (last_regex_ && text == last_expression_) return last_regex_;
    std::string name(text);
    auto known = regexes_.find(name);
    if (known == regexes_.end()) {
        const std::string expression = parse::awk::regex_text(text);
        auto made = parse::Regex::compile(std::span(&expression, 1),
                                          {.syntax = parse::regex::Syntax::extended});
        if (!made) {
            fail(made.error());
            return nullptr;
        }
        if (regexes_.size() >= regexes_limit) regexes_.clear();
        known = regexes_.emplace(name, std::make_unique<parse::Regex>(*std::move(made))).first;
    }
    last_expression_ = std::move(name);
    return last_regex_ = known->second.get();
}

parse::Regex* Machine::regex(const Node& node) {
    if (node.op == Op::regex) {
        auto& known = expressions_[node.slot];
        if (!known) known = compiled(program_.texts[node.slot]);
        return known;
    }
    Scratch scratch;
    return regex(text(node, scratch));
}

bool Machine::matches(parse::Regex* regex, std::string_view text) {
    if (!regex) return false;
    const auto found = regex->matches(text);
    if (!found) fail(found.error());
    return found && *found;
}

bool Machine::matches(const Node& node) {
    Scratch scratch;
    if (node.b->pure) {
        const auto subject = text(*node.a, scratch);
        return matches(regex(*node.b), subject);
    }
    scratch.hold = value(*node.a);
    const auto subject = text_of(scratch.hold, scratch);
    return matches(regex(*node.b), subject);
}

double Machine::split(const Node& node) {
    // The array may be where the text is from.
    Value subject = value(*node.list[0]);
    Scratch scratch;
    const auto shown = text_of(subject, scratch);
    auto separator = separator_;
    if (node.list.size() == 3) {
        if (node.list[2]->op == Op::regex) {
            separator = {.kind = Separator::Kind::regex, .regex = regex(*node.list[2])};
        } else {
            Scratch inner;
            const auto given = text(*node.list[2], inner);
            if (given.size() > 1) {
                separator = {.kind = Separator::Kind::regex, .regex = regex(given)};
            } else {
                separator = separator_of(given);
            }
        }
        separator.newline = false;
        if (separator.kind == Separator::Kind::regex && !separator.regex) return 0;
    }
    auto& into = array(*node.list[1]);
    into.clear();
    Splitter parts(shown, separator);
    std::string_view part;
    double count = 0;
    while (parts.next(part)) {
        Scratch number;
        ++count;
        into.at(number_text(count, convfmt_, number.digits, number.longer)) =
            Value(part, Value::Kind::input);
        if (memory.exhausted) break;
    }
    return count;
}

double Machine::match(const Node& node) {
    Value subject = value(*node.list[0]);
    auto* const expression = regex(*node.list[1]);
    if (!expression) return 0;
    Scratch scratch;
    const auto shown = text_of(subject, scratch);
    const auto found = expression->find(shown);
    if (!found) fail(found.error());
    double start = 0;
    double length = -1;
    if (found && *found) {
        const auto [begin, end] = **found;
        start = static_cast<double>(character_count(shown.substr(0, begin)) + 1);
        length = static_cast<double>(character_count(shown.substr(begin, end - begin)));
    }
    globals_[static_cast<std::size_t>(Special::RSTART)] = start;
    globals_[static_cast<std::size_t>(Special::RLENGTH)] = length;
    if (node.list.size() < 3) return start;
    auto& into = array(*node.list[2]);
    into.clear();
    if (start == 0) return start;
    const auto groups = expression->groups(shown);
    if (!groups || !*groups) return start;
    for (std::size_t i = 0; i < (*groups)->size(); ++i) {
        const auto [begin, end] = (**groups)[i];
        if (begin == std::string_view::npos || end == std::string_view::npos) continue;
        const auto name = std::to_string(i);
        const auto part = shown.substr(begin, end - begin);
        into.at(name) = Value(part, Value::Kind::input);
        into.at(name + subsep_ + "start") =
            static_cast<double>(character_count(shown.substr(0, begin)) + 1);
        into.at(name + subsep_ + "length") = static_cast<double>(character_count(part));
    }
    return start;
}

// Adds what stands for a match to built_. A & is the match; backslashes mean something only
// before one (and before a digit for gensub): \& is a &, \\& a backslash and the match.
bool Machine::put(parse::Regex& regex, std::string_view text, std::string_view by,
                  std::size_t begin, std::size_t end, bool groups) {
    std::vector<parse::Regex::Span> spans;
    for (std::size_t at = 0; at < by.size();) {
        const auto plain = std::min(by.find_first_of("\\&", at), by.size());
        built_ += by.substr(at, plain - at);
        at = plain;
        if (at == by.size()) break;
        const auto after = std::min(by.find_first_not_of('\\', at), by.size());
        const auto slashes = after - at;
        const char next = after < by.size() ? by[after] : 0;
        const bool digit = groups && next >= '0' && next <= '9';
        if (next != '&' && !digit) {
            built_.append(groups ? slashes / 2 + slashes % 2 : slashes, '\\');
            at = after;
            continue;
        }
        built_.append(slashes / 2, '\\');
        at = after + 1;
        const bool escaped = slashes % 2 == 1;
        if (escaped != digit) {
            built_ += next;
            continue;
        }
        const auto group = digit ? static_cast<std::size_t>(next - '0') : 0;
        if (group == 0) {
            built_ += text.substr(begin, end - begin);
            continue;
        }
        if (spans.empty()) {
            const auto found = regex.groups(text, begin);
            if (!found || !*found) return false;
            spans = **found;
        }
        if (group >= spans.size() || spans[group].begin == text.npos) continue;
        built_ += text.substr(spans[group].begin, spans[group].end - spans[group].begin);
    }
    return true;
}

// Makes built_ of `text`, the match number `which` or all replaced; how many there were.
std::size_t Machine::replace(parse::Regex& regex, std::string_view text, std::string_view by,
                             std::size_t which, bool all, bool groups) {
    const bool plain = by.find_first_of("\\&") == by.npos;
    std::size_t count = 0;
    std::size_t copied = 0;
    std::size_t ended = text.npos;  // where the last match did
    std::size_t number = 0;
    built_.clear();
    for (std::size_t from = 0; from <= text.size();) {
        const auto found = regex.find(text, from);
        if (!found) fail(found.error());
        if (!found || !*found) break;
        const auto [begin, end] = **found;
        const bool empty = begin == end;
        if (!empty || begin != ended) {
            ++number;
            if (all || number == which) {
                built_ += text.substr(copied, begin - copied);
                if (plain) {
                    built_ += by;
                } else if (!put(regex, text, by, begin, end, groups)) {
                    break;
                }
                copied = end;
                ++count;
                if (!all || !memory.fits(built_.size())) break;
            }
        }
        ended = end;
        from = end;
        if (empty) from += std::max<std::size_t>(utf8_length(text.substr(end)), 1);
    }
    if (count > 0) built_ += text.substr(std::min(copied, text.size()));
    return count;
}

double Machine::substitute(const Node& node, bool all) {
    const auto& place = *node.list[2];
    Scratch first, second, third;
    Value by = node.list[1]->op == Op::text ? texts_[node.list[1]->slot] : value(*node.list[1]);
    auto* const expression = regex(*node.list[0]);
    if (!expression) return 0;
    std::string_view subject;
    if (place.op == Op::element) third.hold = value(place);
    subject = place.op == Op::element ? text_of(third.hold, third) : text(place, third);
    const auto count = replace(*expression, subject, text_of(by, second), 1, all, false);
    if (count > 0 && flow_ != Flow::exit) {
        if (place.op == Op::field && place.a->op == Op::number && place.a->number == 0) {
            set_record(built_);
        } else {
            store(place, Value(built_));
        }
    }
    return static_cast<double>(count);
}

// gensub(expression, by, how, text)
Value Machine::substituted(const Node& node) {
    Value by = value(*node.list[1]);
    Value how = value(*node.list[2]);
    Value subject = node.list.size() > 3 ? value(*node.list[3]) : field_value(0);
    auto* const expression = regex(*node.list[0]);
    Scratch first, second, third;
    const auto shown = text_of(subject, first);
    if (!expression) return Value(shown);
    const auto mode = text_of(how, second);
    const bool all = mode.starts_with('g') || mode.starts_with('G');
    const double wanted = how.number();
    const auto which = wanted >= 1 && wanted < 1e9 ? static_cast<std::size_t>(wanted) : 1;
    const auto count = replace(*expression, shown, text_of(by, third), which, all, true);
    return count > 0 ? Value(built_) : Value(shown);
}

}  // namespace limpet::commands::awk
