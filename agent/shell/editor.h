// shell/editor.h - a line edited with the keys of emacs.
#pragma once

#include "shell/keys.h"
#include "shell/screen.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::shell {

struct Shell;

class Editor {
public:
    enum class Outcome : unsigned char { line, end, interrupt };

    explicit Editor(Shell& shell) : shell_(shell), screen_(2) {}

    // Without the newline; it may hold newlines of its own, from a paste.
    Outcome read(const std::string& prompt, std::string& line);

private:
    Outcome loop();
    bool handle(const Pressed& pressed);
    bool handle_motion(Key key);
    bool handle_kill(Key key);
    bool handle_history(Key key);
    void insert(std::string_view bytes);
    void remove(std::size_t from, std::size_t to);
    void kill(std::size_t from, std::size_t to, bool forward);
    void yank(bool older);
    void transpose();
    void undo();
    void remember();
    void recall(std::size_t index);
    void search();
    void complete();
    void list(const std::vector<std::string>& names);
    void draw() { screen_.draw(prompt_, text_, cursor_); }

    [[nodiscard]] std::size_t before(std::size_t at) const;
    [[nodiscard]] std::size_t after(std::size_t at) const;
    [[nodiscard]] std::size_t word_before(std::size_t at, bool blanks_only) const;
    [[nodiscard]] std::size_t word_after(std::size_t at) const;

    Shell& shell_;
    Screen screen_;
    std::string prompt_;
    std::string text_;
    std::size_t cursor_ = 0;
    std::vector<std::pair<std::string, std::size_t>> undone_;
    std::vector<std::string> ring_;  // what was killed
    std::size_t ring_at_ = 0;
    std::size_t yanked_ = 0;      // bytes that the last yank put in
    std::size_t history_at_ = 0;  // the entry shown; history.size() for the new line
    std::string unfinished_;      // the new line while an old one is shown
    Key last_ = Key::unknown;
    bool last_killed_ = false;
    std::optional<Pressed> pending_;  // the key that ended a search
};

}  // namespace limpet::shell
