// parse/regex_automaton.cpp - lazily made deterministic automata.
#include "parse/regex_automaton.h"

#include <algorithm>
#include <map>

namespace limpet::parse::regex {

using Code = Instruction::Kind;

bool holds_between(Assertion assertion, Side left, Side right) {
    const bool word_left = left == Side::word;
    const bool word_right = right == Side::word;
    switch (assertion) {
        case Assertion::line_begin: return left == Side::edge;
        case Assertion::line_end: return right == Side::edge;
        case Assertion::word_begin: return !word_left && word_right;
        case Assertion::word_end: return word_left && !word_right;
        case Assertion::word_boundary: return word_left != word_right;
        case Assertion::no_word_boundary: return word_left == word_right;
        case Assertion::not_after_word: return !word_left;
        case Assertion::not_before_word: return !word_right;
    }
    return false;
}

Automaton::Automaton(Program program, Way way) : program_(std::move(program)), way_(way) {
    mark_.assign(program_.code.size(), 0);
    classify_bytes();
    forget();
}

// Bytes that no instruction tells apart share a column of the table.
void Automaton::classify_bytes() {
    class_.fill(0);
    std::uint16_t count = 1;
    const auto split = [&](auto&& has) {
        std::map<std::pair<std::uint16_t, bool>, std::uint16_t> renamed;
        std::uint16_t fresh = 0;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const auto [place, added] = renamed.try_emplace({class_[byte], has(byte)}, fresh);
            if (added) ++fresh;
            class_[byte] = place->second;
        }
        count = fresh;
    };
    for (const auto& set : program_.sets) {
        split([&](unsigned byte) { return holds(set, byte); });
    }
    if (program_.words) {
        split(
            [](unsigned byte) { return side_of(static_cast<unsigned char>(byte)) == Side::word; });
    }
    if (way_.terminator) {
        const auto terminator = static_cast<unsigned char>(*way_.terminator);
        split([&](unsigned byte) { return byte == terminator; });
    }
    sample_.assign(count, 0);
    for (unsigned byte = 0; byte < 256; ++byte) {
        sample_[class_[byte]] = static_cast<unsigned char>(byte);
    }
    end_ = count;
    // The end of a line is the end of the text.
    if (way_.terminator) end_ = class_[static_cast<unsigned char>(*way_.terminator)];
    width_ = count + (way_.terminator ? 0u : 1u);
}

void Automaton::forget() {
    table_.clear();
    states_.clear();
    known_.clear();
    places_held_ = 0;
    starts_.fill(unknown);
}

// Adds what is reached without a byte. Assertions are kept while `at` is null, else decided
// between the state's left side and `next`.
void Automaton::close(std::uint32_t place, std::vector<std::uint32_t>& into, const State* at,
                      Side next) {
    stack_.push_back(place);
    while (!stack_.empty()) {
        const auto here = stack_.back();
        stack_.pop_back();
        if (mark_[here] == generation_) continue;
        mark_[here] = generation_;
        const auto& code = program_.code[here];
        switch (code.kind) {
            case Code::split:
                stack_.push_back(code.other);
                stack_.push_back(code.next);
                break;
            case Code::save: stack_.push_back(code.next); break;
            case Code::assertion: {
                if (!at) {
                    into.push_back(here);
                    break;
                }
                const bool holds = way_.reversed ? holds_between(code.assertion, next, at->before)
                                                 : holds_between(code.assertion, at->before, next);
                if (holds) stack_.push_back(code.next);
                break;
            }
            default: into.push_back(here);
        }
    }
}

Automaton::Id Automaton::intern(State state) {
    std::ranges::sort(state.places);
    state.match_here = std::ranges::any_of(state.places, [&](std::uint32_t place) {
        return program_.code[place].kind == Code::match;
    });
    state.dead = state.places.empty();
    if (!program_.assertions) state.before = Side::other;
    std::string key(reinterpret_cast<const char*>(state.places.data()),
                    state.places.size() * sizeof(std::uint32_t));
    key += static_cast<char>(static_cast<int>(state.before) * 2 + (state.match_before ? 1 : 0));
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    Id id = static_cast<Id>(states_.size()) * width_;
    if (state.match_here || state.match_before || state.dead) id |= flagged;
    table_.resize(table_.size() + width_, unknown);
    places_held_ += state.places.size();
    states_.push_back(std::move(state));
    known_.emplace(std::move(key), id);
    return id;
}

Automaton::Id Automaton::start(Side before) {
    auto& id = starts_[static_cast<std::size_t>(before)];
    if (id != unknown) return id;
    State state;
    state.before = before;
    ++generation_;
    close(program_.start, state.places, nullptr, Side::edge);
    return id = intern(std::move(state));
}

Automaton::Id Automaton::step(Id id, std::uint32_t symbol) {
    // A copy: when the table is full, everything is forgotten but where we are.
    const State from = state(id);
    bool keep = true;
    if (table_.size() + width_ > table_limit || places_held_ > places_limit) {
        forget();
        keep = false;
    }
    const bool at_end = symbol == end_;
    const unsigned char byte = at_end ? static_cast<unsigned char>(0) : sample_[symbol];
    const Side next = at_end ? Side::edge : side_of(byte);
    std::vector<std::uint32_t> places;
    if (program_.assertions) {
        ++generation_;
        for (const auto place : from.places) close(place, places, &from, next);
    } else {
        places = from.places;
    }
    State to;
    to.before = next;
    ++generation_;
    for (const auto place : places) {
        const auto& code = program_.code[place];
        if (code.kind == Code::match) to.match_before = !from.match_here;
        if (code.kind != Code::bytes || at_end) continue;
        if (holds(program_.sets[code.argument], byte)) close(code.next, to.places, nullptr, next);
    }
    Id target = 0;
    if (at_end && way_.terminator && !to.match_before) {
        target = start(Side::edge);
    } else {
        if (way_.anywhere && !at_end) close(program_.start, to.places, nullptr, next);
        target = intern(std::move(to));
    }
    if (keep) table_[(id & ~flagged) + symbol] = target;
    return target;
}

std::optional<std::size_t> Automaton::find_line(std::string_view text) {
    if (text.empty()) return std::nullopt;
    Id at = start(Side::edge);
    if (state(at).match_here) return 0;
    const auto* const begin = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = begin + text.size();
    const auto* byte = begin;
    while (byte < end) {
        // Plain ids only, so that a row is found without masking.
        const Id* const table = table_.data();
        Id next = at;
        while (byte < end) {
            next = table[at + class_[*byte]];
            if (next & flagged) break;
            at = next;
            ++byte;
        }
        if (byte == end) break;
        if (next == unknown) {
            next = step(at, class_[*byte]);
            if (!(next & flagged)) {
                at = next;
                ++byte;
                continue;
            }
        }
        const auto& reached = state(next);
        if (reached.match_before || reached.match_here) {
            return static_cast<std::size_t>(byte - begin);
        }
        // Dead: nothing of this line can match any more (an anchored expression).
        at = next & ~flagged;
        const auto* line_end = static_cast<const unsigned char*>(
            std::memchr(byte, *way_.terminator, static_cast<std::size_t>(end - byte)));
        if (!line_end) break;
        byte = line_end + 1;
        at = start(Side::edge);
    }
    return std::nullopt;
}

bool Automaton::any(std::string_view line) {
    Id at = start(Side::edge);
    if (state(at).match_here) return true;
    for (const char byte : line) {
        const auto symbol = class_[static_cast<unsigned char>(byte)];
        Id next = table_[(at & ~flagged) + symbol];
        if (next == unknown) next = step(at, symbol);
        at = next;
        if (!(at & flagged)) continue;
        const auto& reached = state(at);
        if (reached.match_before || reached.match_here) return true;
        if (reached.dead) return false;
    }
    Id last = table_[(at & ~flagged) + end_];
    if (last == unknown) last = step(at, end_);
    return (last & flagged) && state(last).match_before;
}

std::optional<std::size_t> Automaton::longest(std::string_view line, std::size_t from) {
    std::optional<std::size_t> end;
    Id at = start(from == 0 ? Side::edge : side_of(static_cast<unsigned char>(line[from - 1])));
    if (state(at).match_here) end = from;
    for (std::size_t i = from; i < line.size(); ++i) {
        const auto symbol = class_[static_cast<unsigned char>(line[i])];
        Id next = table_[(at & ~flagged) + symbol];
        if (next == unknown) next = step(at, symbol);
        at = next;
        if (!(at & flagged)) continue;
        const auto& reached = state(at);
        if (reached.match_before) end = i;
        if (reached.match_here) end = i + 1;
        if (reached.dead) return end;
    }
    Id last = table_[(at & ~flagged) + end_];
    if (last == unknown) last = step(at, end_);
    if ((last & flagged) && state(last).match_before) end = line.size();
    return end;
}

}  // namespace limpet::parse::regex
