// screen/pager_search.cpp - patterns: places that match, and lines that alone are shown.
#include "commands/screen/pager.h"

#include <algorithm>

namespace limpet::commands {
namespace {

bool has_capital(std::string_view text) {
    return std::ranges::any_of(text, [](char byte) { return byte >= 'A' && byte <= 'Z'; });
}

}  // namespace

bool Pager::compile(const std::string& pattern, std::optional<parse::Regex>& regex) {
    const std::string patterns[]{pattern};
    auto compiled = parse::Regex::compile(
        patterns, {.syntax = parse::regex::Syntax::extended,
                   .ignore_case = options_.ignore_all_case ||
                                  (options_.ignore_case && !has_capital(pattern))});
    if (!compiled) {
        message_ = text(compiled.error());
        return false;
    }
    regex.emplace(*std::move(compiled));
    return true;
}

void Pager::ask_pattern(char direction) {
    const auto line = screen_.ask(frame(), std::string(1, direction));
    if (!line) return;
    backwards_ = direction == '?';
    if (!line->empty()) pattern_ = *line;
    if (pattern_.empty()) {
        message_ = "there is no pattern yet";
        return;
    }
    left_alone_ = false;
    if (compile(pattern_, search_)) find(backwards_, 1);
}

void Pager::ask_filter() {
    const auto line = screen_.ask(frame(), "&/");
    if (!line) return;
    if (line->empty()) {
        filter_.reset();
        return;
    }
    if (!compile(*line, filter_)) return;
    top(0);
    screen_.draw(frame());
}

void Pager::find(bool backwards, std::size_t count) {
    if (!search_) {
        message_ = "there is no pattern yet";
        return;
    }
    auto place = top_.at;
    for (std::size_t i = 0; i < count; ++i) {
        auto from = place;
        if (!backwards) {
            // The line at the top is where the last search ended.
            const auto line = text_->line(from);
            if (line && (found_once_ || from > 0)) from = line->next;
        }
        std::optional<std::uint64_t> hit;
        for (;;) {
            const auto found =
                text_->search(*search_, from, !backwards, [&] { return interrupted(); });
            if (!found) {
                message_ = text(found.error());
                return;
            }
            hit = *found;
            if (hit && filter_) {
                const auto line = text_->line(*hit);
                if (line && !shown(line->text)) {
                    from = backwards ? *hit : line->next;
                    continue;
                }
            }
            if (hit || backwards || text_->pipe() < 0) break;
            // What comes of the pipe next; its last line may have been half a line.
            if (!read_some(100) && interrupted()) break;
        }
        if (!hit) {
            message_ = "Pattern not found: " + pattern_;
            return;
        }
        place = *hit;
        found_once_ = true;
    }
    top(place);
}

}  // namespace limpet::commands
