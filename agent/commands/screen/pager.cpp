// screen/pager.cpp - what of a text is on the screen.
#include "commands/screen/pager.h"

#include "commands/file/shown.h"

#include <poll.h>

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::size_t number_columns = 8;

}  // namespace

bool Pager::open(std::size_t index, bool forward) {
    // Files that cannot be opened are told of and passed over.
    for (;;) {
        auto opened = PagerText::open(call_, files_[index]);
        if (opened) {
            text_.emplace(*std::move(opened));
            file_ = index;
            top_ = jumped_from_ = {};
            marks_.clear();
            named_ = true;
            left_ = 0;
            return true;
        }
        message_ = text(opened.error());
        call_.status = 1;
        files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(index));
        if (file_ > index) --file_;
        if (!forward && index > 0) --index;
        if (index >= files_.size()) return false;
    }
}

Style Pager::style() const {
    const auto gutter = options_.numbers ? number_columns : 0;
    const auto width = screen_.width();
    return {.width = width > gutter + 4 ? width - gutter : width,
            .tab = options_.tab,
            .skip = left_,
            .chop = options_.chop,
            .colours = options_.colours};
}

bool Pager::shown(const std::string& line) {
    if (!filter_) return true;
    const auto matches = filter_->matches(line);
    return !matches || *matches;
}

// The line at `at`, or the first behind it that is to be shown; `at` becomes where it begins.
std::optional<PagerText::Line> Pager::next_line(std::uint64_t& at) {
    for (std::size_t passed = 0;; ++passed) {
        auto line = text_->line(at);
        if (!line) return line;
        if (shown(line->text)) {
            const bool again = options_.squeeze && line->text.empty();
            // Of several empty lines the first.
            while (again) {
                const auto further = text_->line(line->next);
                if (!further || !further->text.empty()) break;
                line->next = further->next;
            }
            return line;
        }
        if (passed % 4096 == 4095 && interrupted()) return std::nullopt;
        at = line->next;
    }
}

std::optional<std::uint64_t> Pager::line_before(std::uint64_t at) {
    const auto empty = [&](std::uint64_t place) {
        const auto line = text_->line(place);
        return line && line->text.empty();
    };
    for (std::size_t passed = 0;; ++passed) {
        auto place = text_->before(at);
        if (!place) return place;
        if (options_.squeeze && empty(*place)) {
            for (auto more = text_->before(*place); more && empty(*more);
                 more = text_->before(*more)) {
                place = more;
            }
        }
        const auto line = text_->line(*place);
        if (!filter_ || (line && shown(line->text))) return place;
        if (passed % 4096 == 4095 && interrupted()) return std::nullopt;
        at = *place;
    }
}

std::size_t Pager::height_of(std::uint64_t at) {
    const auto line = text_->line(at);
    return line ? rows_of(line->text, style()).size() : 1;
}

std::vector<Mark> Pager::marks(const std::string& line) {
    std::vector<Mark> found;
    if (!search_ || left_alone_) return found;
    constexpr std::size_t most = 1000;
    std::size_t from = 0;
    while (from <= line.size() && found.size() < most) {
        const auto hit = search_->find(line, from);
        if (!hit || !*hit) break;
        const auto [begin, end] = **hit;
        if (end > begin) found.push_back({begin, end});
        from = std::max(end, begin + 1);
    }
    return found;
}

Frame Pager::frame() {
    Frame frame;
    auto at = top_.at;
    auto skip = top_.row;
    std::uint64_t number = 0;
    if (options_.numbers) {
        number = text_->number_of(at, [&] { return interrupted(); }).value_or(0);
        if (number == 0) options_.numbers = false;
    }
    end_shown_ = false;
    while (frame.rows.size() < room()) {
        const auto wanted = at;
        const auto line = next_line(at);
        if (!line) {
            end_shown_ = true;
            break;
        }
        if (options_.numbers && at != wanted) {
            number = text_->number_of(at, [] { return false; }).value_or(0);
        }
        const auto rows = rows_of(line->text, style(), marks(line->text), skip + room());
        for (auto i = skip; i < rows.size() && frame.rows.size() < room(); ++i) {
            std::string gutter;
            if (options_.numbers && screen_.width() > number_columns + 4) {
                if (i == 0) gutter = std::to_string(number) + ' ';
                gutter.insert(0, number_columns - std::min(number_columns, gutter.size()), ' ');
            }
            frame.rows.push_back(gutter + rows[i].shown);
        }
        if (options_.numbers) {
            number = text_->number_of(line->next, [] { return false; }).value_or(number);
        }
        skip = 0;
        at = line->next;
    }
    bottom_ = at;
    if (!end_shown_) end_shown_ = at >= text_->size();
    if (text_->pipe() >= 0) end_shown_ = false;
    while (frame.rows.size() < room()) frame.rows.emplace_back("~");
    const auto line = status();
    frame.rows.push_back(line);
    frame.row = room();
    frame.column = std::min(
        rows_of(line, {.width = screen_.width(), .chop = true, .colours = true}).front().columns,
        screen_.width() - 1);
    return frame;
}

std::string Pager::status() {
    const auto row = [&](std::string_view text) {
        return reversed(one_row(text, screen_.width() - 1));
    };
    if (!count_.empty()) return one_row(":" + count_, screen_.width() - 1);
    if (!message_.empty()) return row(message_);
    const bool last_file = file_ + 1 >= files_.size();
    const auto size = text_->size();
    const auto percent = size == 0 ? 100 : bottom_ * 100 / size;
    std::string line;
    const auto& name = files_.empty() ? std::string() : files_[file_];
    if ((named_ || options_.verbose) && name != "-" && !options_.more) line = quoted(name);
    if (named_ && files_.size() > 1 && !options_.more) {
        line +=
            " (file " + std::to_string(file_ + 1) + " of " + std::to_string(files_.size()) + ")";
    }
    const auto add = [&](const std::string& more) { line += (line.empty() ? "" : " ") + more; };
    if (filter_) add("& filter");
    if (options_.more) {
        add("--More--" + (text_->pipe() < 0 ? "(" + std::to_string(percent) + "%)" : ""));
    } else if (text_->cut() && end_shown_) {
        add("(the first 64 MiB: no more of a pipe is kept)");
    } else if (end_shown_) {
        add("(END)");
        if (!last_file) add("- Next: " + quoted(files_[file_ + 1]));
    } else if (options_.verbose && text_->pipe() < 0) {
        add(std::to_string(percent) + "%");
    }
    return line.empty() ? ":" : row(line);
}

bool Pager::step_back(Place& place) {
    if (place.row > 0) {
        --place.row;
        return true;
    }
    const auto before = line_before(place.at);
    if (!before) return false;
    place = {*before, height_of(*before) - 1};
    return true;
}

bool Pager::step_on(Place& place) {
    if (place.row + 1 < height_of(place.at)) {
        ++place.row;
        return true;
    }
    const auto line = next_line(place.at);
    if (!line) return false;
    auto next = line->next;
    if (!next_line(next)) return false;
    place = {next, 0};
    return true;
}

// The top of a screen that the end of the text fills.
Pager::Place Pager::last_top() {
    Place place{text_->size(), 0};
    for (std::size_t i = 0; i < room() && step_back(place); ++i) {
    }
    if (place.at >= text_->size()) place = {};
    return place;
}

bool Pager::read_some(int milliseconds) {
    pollfd wait{.fd = text_->pipe(), .events = POLLIN};
    if (wait.fd < 0 || ::poll(&wait, 1, milliseconds) <= 0) return false;
    text_->pull();
    return true;
}

// Of a pipe, what that many rows below the top take, if it comes soon.
void Pager::need(std::size_t rows) {
    constexpr int patience = 100;
    std::size_t enough = top_.at;
    while (text_->pipe() >= 0) {
        auto place = top_;
        std::size_t have = 0;
        if (text_->size() > enough) {
            while (have < rows && step_on(place)) ++have;
            if (have >= rows) return;
        }
        enough = text_->size();
        if (!read_some(patience)) return;
    }
}

void Pager::need_all() {
    while (text_->pipe() >= 0) {
        if (!read_some(100) && interrupted()) return;
        if (text_->size() % (1 << 20) < 65536 && interrupted()) return;
    }
}

void Pager::forward(std::size_t rows) {
    need(rows + room());
    auto place = top_;
    const auto end = last_top();
    if (place >= end && text_->pipe() < 0) return;
    for (std::size_t i = 0; i < rows && place < end && step_on(place); ++i) {
    }
    top_ = place;
}

void Pager::backward(std::size_t rows) {
    for (std::size_t i = 0; i < rows && step_back(top_); ++i) {
    }
}

void Pager::top(std::uint64_t at) { top_ = {at, 0}; }

bool Pager::fits() {
    need(room() + 1);
    // Not one row may be missing, and nothing may still come.
    Place place{};
    std::size_t rows = 1;
    while (rows <= room() && step_on(place)) ++rows;
    while (rows <= room() && text_->pipe() >= 0) {
        if (!read_some(-1)) break;
        place = {};
        rows = 1;
        while (rows <= room() && step_on(place)) ++rows;
    }
    return rows <= room() && text_->pipe() < 0;
}

int Pager::run() {
    if (files_.empty() || !open(0, true)) {
        if (!message_.empty()) call_.complain(message_);
        return 1;
    }
    if (options_.quit_if_one_screen && files_.size() == 1 && fits()) {
        const auto shown = frame();
        for (const auto& row : shown.rows) {
            if (&row == &shown.rows.back() || (row == "~" && bottom_ >= text_->size())) break;
            call_.out.write(row + "\n");
        }
        call_.out.flush();
        return call_.status;
    }
    if (const auto started = screen_.start(!options_.stay); !started) {
        call_.complain(started.error());
        return 1;
    }
    need(room());
    bool going_on = true;
    begin();
    while (going_on) {
        auto shown = frame();
        if (!screen_.typed_ahead()) screen_.draw(shown);
        const bool hungry = text_->pipe() >= 0 && bottom_ >= text_->size();
        const int got = screen_.key(-1, hungry ? text_->pipe() : -1);
        if (got == key::ended) break;
        if (got == key::ready) {
            text_->pull();
            continue;
        }
        going_on = handle(got);
    }
    screen_.stop();
    return screen_.signal() != 0 ? 128 + screen_.signal() : call_.status;
}

}  // namespace limpet::commands
