// parse/regex_backtrack.cpp - matching by trying.
#include "parse/regex_backtrack.h"

#include "parse/regex_automaton.h"

#include <algorithm>
#include <cctype>

namespace limpet::parse::regex {
namespace {

using Code = Instruction::Kind;
constexpr auto npos = std::string_view::npos;
// Bits of tried_: a longer line with groups is matched as a whole without them.
constexpr std::size_t tried_limit = std::size_t{256} * 1024 * 1024;

}  // namespace

Backtrack::Backtrack(const Program& program, const Tree& tree, bool ignore_case)
    : program_(program), back_references_(tree.back_references), ignore_case_(ignore_case) {
    slots_.assign(static_cast<std::size_t>(tree.groups) * 2 + 2, npos);
}

std::optional<std::size_t> Backtrack::repeat_group(std::uint32_t group, std::size_t at) const {
    const auto begin = slots_[group * 2], end = slots_[group * 2 + 1];
    if (begin == npos || end == npos || end < begin) return std::nullopt;
    const auto text = line_.substr(begin, end - begin);
    const auto here = line_.substr(at, text.size());
    const auto same = [&](char a, char b) {
        if (a == b) return true;
        return ignore_case_ && std::tolower(static_cast<unsigned char>(a)) ==
                                   std::tolower(static_cast<unsigned char>(b));
    };
    if (!std::ranges::equal(text, here, same)) return std::nullopt;
    return at + text.size();
}

// True when the search is over.
bool Backtrack::accept(std::size_t at) {
    if (end_) {
        if (at != *end_) return false;
    } else if (found_ && at <= best_end_) {
        return false;
    }
    found_ = true;
    best_end_ = at;
    best_ = slots_;
    return end_.has_value() || at == line_.size();
}

// One instruction: what comes next is left on the list of tasks, the preferred last.
void Backtrack::advance(std::uint32_t place, std::size_t at) {
    const auto go = [&](std::uint32_t next, std::size_t where) {
        tasks_.push_back({Task::Kind::go, next, where});
    };
    const auto& code = program_.code[place];
    switch (code.kind) {
        case Code::bytes:
            if (at < line_.size() &&
                holds(program_.sets[code.argument], static_cast<unsigned char>(line_[at]))) {
                go(code.next, at + 1);
            }
            break;
        case Code::split:
            // Here before without having moved: another round would be empty, too.
            if (back_references_) {
                if (visits_[place] == at) return go(code.other, at);
                tasks_.push_back({Task::Kind::restore_visit, place, visits_[place]});
                visits_[place] = at;
            }
            go(code.other, at);
            go(code.next, at);
            break;
        case Code::save:
            tasks_.push_back({Task::Kind::restore_slot, code.argument, slots_[code.argument]});
            slots_[code.argument] = at;
            go(code.next, at);
            break;
        case Code::assertion: {
            const auto side = [&](std::size_t i) {
                return side_of(static_cast<unsigned char>(line_[i]));
            };
            const Side left = at == 0 ? Side::edge : side(at - 1);
            const Side right = at == line_.size() ? Side::edge : side(at);
            if (holds_between(code.assertion, left, right)) go(code.next, at);
            break;
        }
        case Code::back_reference:
            if (const auto after = repeat_group(code.argument, at)) go(code.next, *after);
            break;
        case Code::match: break;
    }
}

Result<std::optional<Backtrack::Spans>> Backtrack::run(std::string_view line, std::size_t begin,
                                                       std::optional<std::size_t> end) {
    line_ = line;
    end_ = end;
    found_ = false;
    std::ranges::fill(slots_, npos);
    tasks_.clear();
    const auto positions = (end ? *end : line.size()) - begin + 1;
    if (back_references_) {
        visits_.assign(program_.code.size(), npos);
    } else {
        if (positions > tried_limit / program_.code.size()) return std::nullopt;
        tried_.assign(positions * program_.code.size(), false);
    }
    tasks_.push_back({Task::Kind::go, program_.start, begin});
    while (!tasks_.empty()) {
        const Task task = tasks_.back();
        tasks_.pop_back();
        if (task.kind == Task::Kind::restore_slot) {
            slots_[task.place] = task.at;
            continue;
        }
        if (task.kind == Task::Kind::restore_visit) {
            visits_[task.place] = task.at;
            continue;
        }
        if (back_references_ && ++steps_ > step_limit) {
            return refused("regular expression", "back references need too many steps here");
        }
        if (end && task.at > *end) continue;
        if (!back_references_) {
            const auto index = (task.at - begin) * program_.code.size() + task.place;
            if (tried_[index]) continue;
            tried_[index] = true;
        }
        if (program_.code[task.place].kind == Code::match) {
            if (accept(task.at)) break;
            continue;
        }
        advance(task.place, task.at);
    }
    if (!found_) return std::nullopt;
    Spans spans{{begin, best_end_}};
    for (std::size_t slot = 2; slot + 1 < best_.size(); slot += 2) {
        spans.emplace_back(best_[slot], best_[slot + 1]);
    }
    return spans;
}

}  // namespace limpet::parse::regex
