// shell/completing.cpp - Tab: as far as it is clear; and again, a list.
#include "commands/utf8.h"
#include "shell/editor.h"
#include "shell/shell.h"

#include <algorithm>

namespace limpet::shell {
namespace {

constexpr std::size_t most_listed = 200;
constexpr std::size_t gap = 2;

void pad(std::string& text, std::string_view before, std::size_t width) {
    const auto used = commands::text_width(before);
    if (used < width) text.append(width - used, ' ');
}

// As much as fits in so many columns.
std::string_view cut(std::string_view text, std::size_t columns) {
    std::size_t end = 0;
    while (end < text.size()) {
        const auto length = std::max<std::size_t>(1, commands::utf8_length(text.substr(end)));
        const auto width = commands::text_width(text.substr(end, length));
        if (width > columns) break;
        columns -= width;
        end += length;
    }
    return text.substr(0, end);
}

// What a file is called may hold anything, and this goes to the terminal.
std::string harmless(std::string_view name) {
    std::string clean;
    while (!name.empty()) {
        const auto length = commands::utf8_length(name);
        const auto piece = name.substr(0, std::max<std::size_t>(1, length));
        const bool shows =
            length > 0 && (length > 1 || piece[0] >= ' ') && commands::text_width(piece) > 0;
        clean += shows ? piece : "?";
        name.remove_prefix(piece.size());
    }
    return clean;
}

// One a line, with what it is.
std::string described(const std::vector<Candidate>& candidates, std::size_t width) {
    std::size_t widest = 0;
    for (const auto& candidate : candidates) {
        widest = std::max(widest, commands::text_width(harmless(candidate.shown)) + gap);
    }
    std::string text;
    for (const auto& candidate : candidates) {
        const auto name = harmless(candidate.shown);
        text += cut(name, width - 1);
        const auto used = commands::text_width(name);
        if (!candidate.description.empty() && widest + 8 < width) {
            pad(text, name, widest);
            text += cut(harmless(candidate.description), width - 1 - std::max(used, widest));
        }
        text += "\r\n";
    }
    return text;
}

// In columns, read downwards.
std::string compact(const std::vector<Candidate>& candidates, std::size_t width) {
    std::vector<std::string> names;
    std::size_t widest = 1;
    for (const auto& candidate : candidates) {
        names.push_back(harmless(candidate.shown));
        widest = std::max(widest, commands::text_width(names.back()) + gap);
    }
    const auto columns = std::max<std::size_t>(1, width / widest);
    const auto rows = (names.size() + columns - 1) / columns;
    std::string text;
    for (std::size_t row = 0; row < rows; ++row) {
        for (auto i = row; i < names.size(); i += rows) {
            text += cut(names[i], width - 1);
            if (i + rows < names.size()) pad(text, names[i], widest);
        }
        text += "\r\n";
    }
    return text;
}

}  // namespace

void Editor::complete() {
    auto completion = shell::complete(shell_, text_, cursor_);
    auto& candidates = completion.candidates;
    const auto written =
        std::string_view(text_).substr(completion.start, cursor_ - completion.start);
    if (!completion.insertion.empty() && completion.insertion != written) {
        remember();
        text_.replace(completion.start, cursor_ - completion.start, completion.insertion);
        cursor_ = completion.start + completion.insertion.size();
    }
    if (candidates.size() > 1 && last_ == Key::tab) {
        list(candidates);
    } else if (candidates.empty()) {
        screen_.put("\a");
    }
}

void Editor::list(const std::vector<Candidate>& candidates) {
    const auto cursor = cursor_;
    screen_.leave(picture());
    cursor_ = cursor;
    std::vector<Candidate> shown(
        candidates.begin(),
        candidates.begin() + static_cast<std::ptrdiff_t>(std::min(candidates.size(), most_listed)));
    // Descriptions as long as the list stays on one screen.
    const bool explain =
        shown.size() < screen_.height() &&
        std::ranges::any_of(shown, [](const auto& one) { return !one.description.empty(); });
    auto text = explain ? described(shown, screen_.width()) : compact(shown, screen_.width());
    if (shown.size() < candidates.size()) {
        text += "... and " + std::to_string(candidates.size() - shown.size()) + " more\r\n";
    }
    screen_.put(text);
}

}  // namespace limpet::shell
