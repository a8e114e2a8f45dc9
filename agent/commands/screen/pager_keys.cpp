// screen/pager_keys.cpp - what the keys of less do.
#include "commands/file/shown.h"
#include "commands/screen/pager.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::string_view help_of_less =
    "                         KEYS OF less\n\n"
    "  A number N may be typed before most of them.\n\n"
    "  q  Q  ZZ               leave\n"
    "  h  H                   this help\n\n"
    "  e j Enter Down         forward one line (N)      y k Up        backward one line (N)\n"
    "  f Space PageDown       forward one screen        b PageUp      backward one screen\n"
    "  d Ctrl-D               forward half a screen     u Ctrl-U      backward half a screen\n"
    "  Right  Left            half a screen to the side\n"
    "  g < Home               to the first line (to N)  G > End       to the last line (to N)\n"
    "  p %                    to N percent of the text\n"
    "  F                      follow what is appended; Ctrl-C or q ends that\n"
    "  r R Ctrl-L             draw again (R: read again)\n\n"
    "  /pattern  ?pattern     search forward, backward (extended regular expressions)\n"
    "  n  N                   the next match, in the other direction\n"
    "  &pattern               only the lines that match; & alone ends that\n"
    "  Esc u                  mark no matches\n"
    "  mX  'X                 set a mark, go to it; '' goes back to where one was\n\n"
    "  :n  :p  :x             next, previous, first file\n"
    "  = Ctrl-G :f            where this is\n"
    "  -N -S -R -i -I -s -M   switch an option\n\n"
    "  q leaves this help.\n";

}  // namespace

bool Pager::interrupted() { return screen_.interrupted(); }

// +command: a line number, G, F, /pattern or keys.
void Pager::begin() {
    std::string_view first = options_.first;
    if (first.empty()) return;
    if (first[0] == '/' || first[0] == '?') {
        pattern_ = first.substr(1);
        backwards_ = first[0] == '?';
        if (compile(pattern_, search_)) find(backwards_, 1);
        return;
    }
    if (const auto number = parse::number<std::uint64_t>(first)) return go_to_line(*number);
    for (const char byte : first) handle(static_cast<unsigned char>(byte));
}

bool Pager::at_end() { return end_shown_ && text_->pipe() < 0; }

bool Pager::handle(int got) {
    if (got == key::resized || got == key::none) return true;
    if ((got >= '1' && got <= '9') || (got == '0' && !count_.empty())) {
        if (count_.size() < 12) count_ += static_cast<char>(got);
        return true;
    }
    if (got == 127 || got == 8) {
        if (!count_.empty()) count_.pop_back();
        return true;
    }
    const auto count = parse::number<std::size_t>(count_).value_or(0);
    count_.clear();
    message_.clear();
    named_ = false;
    if (scroll(got, count) || jump(got, count)) {
        return !quit_;
    }
    switch (got) {
        case 'q':
        case 'Q': return false;
        case 'Z': return screen_.key() != 'Z';
        case 'h':
        case 'H': help(); break;
        case 'r':
        case key::control('L'):
        case key::control('R'): screen_.forget(); break;
        case 'R':
            text_->forget();
            screen_.forget();
            break;
        case '-': handle_option(); break;
        case ':': return colon();
        case '=':
        case key::control('G'): tell_place(); break;
        case 'm': mark(true); break;
        case '\'': mark(false); break;
        case 'v': message_ = "vi is a command of its own: less edits nothing"; break;
        case '!': message_ = "commands are run at the prompt, not from here"; break;
        case 'F': follow(); break;
        case key::escape: {
            const int next = screen_.key();
            if (next == 'u') left_alone_ = !left_alone_;
            if (next == ')' || next == '(') jump(next == ')' ? key::right : key::left, count);
            break;
        }
        default: screen_.bell();
    }
    return true;
}

bool Pager::scroll(int got, std::size_t count) {
    const auto page = room();
    const auto or_else = [&](std::size_t usual) { return count > 0 ? count : usual; };
    std::size_t on = 0;
    switch (got) {
        case 'e':
        case 'j':
        case '\r':
        case '\n':
        case key::control('E'):
        case key::control('N'):
        case key::down: on = or_else(1); break;
        case 'f':
        case ' ':
        case 'z':
        case key::control('F'):
        case key::control('V'):
        case key::page_down: on = or_else(page); break;
        case 'd':
        case key::control('D'): on = or_else(std::max<std::size_t>(1, page / 2)); break;
        case 'y':
        case 'k':
        case key::control('Y'):
        case key::control('K'):
        case key::control('P'):
        case key::up: backward(or_else(1)); return true;
        case 'b':
        case 'w':
        case key::control('B'):
        case key::page_up: backward(or_else(page)); return true;
        case 'u':
        case key::control('U'): backward(or_else(std::max<std::size_t>(1, page / 2))); return true;
        default: return false;
    }
    const auto before = top_;
    forward(on);
    if (at_end() && options_.quit_at_end && top_ == before) {
        quit_ = !other_file(1);
    }
    return true;
}

bool Pager::jump(int got, std::size_t count) {
    const auto before = top_;
    switch (got) {
        case 'g':
        case '<':
        case key::home: go_to_line(std::max<std::size_t>(count, 1)); break;
        case 'G':
        case '>':
        case key::end:
            if (count > 0) {
                go_to_line(count);
            } else {
                go_to_end();
            }
            break;
        case 'p':
        case '%': go_to_percent(std::min<std::size_t>(count, 100)); break;
        case '/':
        case '?': ask_pattern(static_cast<char>(got)); break;
        case 'n':
        case 'N': find(backwards_ != (got == 'N'), std::max<std::size_t>(count, 1)); break;
        case '&': ask_filter(); break;
        case key::right: left_ += count > 0 ? count : screen_.width() / 2; return true;
        case key::left:
            left_ -= std::min(left_, count > 0 ? count : screen_.width() / 2);
            return true;
        default: return false;
    }
    if (top_ != before) jumped_from_ = before;
    return true;
}

void Pager::go_to_line(std::uint64_t number) {
    while (text_->pipe() >= 0) {
        if (text_->find_number(number + 1, [] { return false; })) break;
        if (!read_some(100) && interrupted()) break;
    }
    const auto at = text_->find_number(number, [&] { return interrupted(); });
    if (!at) {
        message_ = "there is no line " + std::to_string(number);
        return;
    }
    top(*at);
    top_ = std::min(top_, std::max(last_top(), Place{}));
}

void Pager::go_to_percent(std::size_t percent) {
    need_all();
    const auto size = text_->size();
    top(text_->start_of(size / 100 * percent + size % 100 * percent / 100));
    top_ = std::min(top_, last_top());
}

void Pager::go_to_end() {
    need_all();
    top_ = last_top();
}

void Pager::follow() {
    constexpr int pause = 250;  // milliseconds
    for (;;) {
        text_->look_again();
        while (read_some(0) && text_->pipe() >= 0) {
        }
        if (text_->size() < top_.at) {
            text_->forget();
            top_ = {};
        }
        top_ = last_top();
        auto shown = frame();
        shown.rows.back() =
            reversed(one_row("Waiting for data... (Ctrl-C or q ends)", screen_.width() - 1));
        screen_.draw(shown);
        const int got = screen_.key(pause, text_->pipe());
        if (got == key::ended || got == 'q' || got == key::control('C')) break;
    }
    named_ = false;
}

bool Pager::other_file(int by) {
    if (by > 0 ? file_ + 1 >= files_.size() : file_ == 0) {
        message_ = by > 0 ? "there is no next file" : "there is no previous file";
        return false;
    }
    if (!open(by > 0 ? file_ + 1 : file_ - 1, by > 0)) open(files_.size() - 1, false);
    need(room());
    return true;
}

bool Pager::colon() {
    auto shown = frame();
    shown.rows.back() = ":";
    shown.column = 1;
    screen_.draw(shown);
    switch (screen_.key()) {
        case 'n': other_file(1); break;
        case 'p': other_file(-1); break;
        case 'x':
            if (file_ != 0) open(0, true);
            break;
        case 'f': tell_place(); break;
        case 'q':
        case 'Q': return false;
        case key::ended: return false;
        default: screen_.bell();
    }
    return true;
}

void Pager::mark(bool set) {
    auto shown = frame();
    shown.rows.back() = set ? "mark: " : "goto mark: ";
    shown.column = shown.rows.back().size();
    screen_.draw(shown);
    const int letter = screen_.key();
    if (letter > 255 || letter == key::escape) return;
    if (set) {
        marks_[letter] = top_;
        return;
    }
    const auto before = top_;
    if (letter == '\'') {
        top_ = jumped_from_;
    } else if (letter == '^') {
        top(0);
    } else if (letter == '$') {
        go_to_end();
    } else if (const auto known = marks_.find(letter); known != marks_.end()) {
        top_ = known->second;
    } else {
        message_ = "there is no such mark";
        return;
    }
    jumped_from_ = before;
}

void Pager::tell_place() {
    const auto stop = [&] { return interrupted(); };
    const auto size = text_->size();
    const auto first = text_->number_of(top_.at, stop);
    auto last = text_->number_of(bottom_, stop);
    const auto all = text_->pipe() < 0 ? text_->number_of(size, stop) : std::nullopt;
    // Behind a newline the next line is counted already.
    const auto ends = [](std::optional<std::uint64_t> number) {
        return number ? std::to_string(std::max<std::uint64_t>(*number - 1, 1)) : "?";
    };
    if (bottom_ == size && last && text_->before(size) &&
        text_->line(*text_->before(size))->next == size &&
        text_->number_of(*text_->before(size), stop) == last) {
        ++*last;
    }
    message_ = quoted(files_[file_]) + " lines " + (first ? std::to_string(*first) : "?") + "-" +
               ends(last) + (all ? "/" + ends(bottom_ == size ? last : all) : "") + " byte " +
               std::to_string(bottom_) + "/" +
               (text_->pipe() < 0 ? std::to_string(size) : std::string("?"));
    if (size > 0 && text_->pipe() < 0) message_ += " " + std::to_string(bottom_ * 100 / size) + "%";
    if (const auto& problem = text_->problem()) message_ += " " + text(*problem);
}

void Pager::handle_option() {
    auto shown = frame();
    shown.rows.back() = "-";
    shown.column = 1;
    screen_.draw(shown);
    const auto flip = [&](bool& option, const char* what) {
        option = !option;
        message_ = std::string(what) + (option ? ": on" : ": off");
    };
    switch (screen_.key()) {
        case 'N':
        case 'n': flip(options_.numbers, "line numbers"); break;
        case 'S': flip(options_.chop, "long lines cut"); break;
        case 'R':
        case 'r': flip(options_.colours, "colours"); break;
        case 's': flip(options_.squeeze, "empty lines squeezed"); break;
        case 'M':
        case 'm': flip(options_.verbose, "long prompt"); break;
        case 'i': flip(options_.ignore_case, "case ignored in patterns without capitals"); break;
        case 'I': flip(options_.ignore_all_case, "case ignored"); break;
        default: message_ = "there is no such option"; return;
    }
    if (!pattern_.empty() && search_) compile(pattern_, search_);
}

void Pager::help() {
    Pager inner(call_, screen_, {.tab = 8}, {"help"});
    inner.text_.emplace(help_of_less);
    inner.named_ = true;
    bool going_on = true;
    while (going_on) {
        screen_.draw(inner.frame());
        const int got = screen_.key();
        going_on = got != key::ended && got != 'h' && got != ':' && inner.handle(got);
    }
    message_.clear();
}

}  // namespace limpet::commands
