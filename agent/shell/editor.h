// shell/editor.h - a line edited with the keys of emacs.
#pragma once

#include "shell/complete.h"
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
    struct Prompts {
        std::string first;
        std::string continuation;  // of further lines in the same command
        bool colour = false;       // suggestions can be told from what was typed
    };

    explicit Editor(Shell& shell) : shell_(shell), screen_(2) {}

    // Without the last newline; it has newlines of its own when it was pasted, or when a command
    // goes on: Enter ends only what is complete.
    Outcome read(Prompts prompts, std::string& line);
    // The end of the input came in the middle of the command that read() returned.
    [[nodiscard]] bool cut_short() const { return cut_short_; }

private:
    // editor.cpp
    std::optional<Outcome> loop();
    bool handle(const Pressed& pressed);
    bool enter();
    void draw();
    [[nodiscard]] Picture picture() const;

    // editing.cpp
    bool handle_motion(Key key);
    bool handle_kill(Key key);
    bool handle_change(const Pressed& pressed);
    void insert(std::string_view bytes, bool typed);
    void remove(std::size_t from, std::size_t to);
    void kill(std::size_t from, std::size_t to, bool forward);
    void yank(bool older);
    void transpose();
    void transpose_words();
    void change_case(Key key);
    void undo();
    void remember();
    [[nodiscard]] std::size_t before(std::size_t at) const;
    [[nodiscard]] std::size_t after(std::size_t at) const;
    [[nodiscard]] std::size_t word_before(std::size_t at, bool blanks_only) const;
    [[nodiscard]] std::size_t word_after(std::size_t at) const;
    [[nodiscard]] std::size_t line_start() const;
    [[nodiscard]] std::size_t line_end() const;

    // recall.cpp
    bool handle_history(Key key);
    void recall(std::size_t index);
    bool move_line(bool up);
    void search(Key direction);
    void last_argument();
    [[nodiscard]] std::string_view suggestion() const;
    bool accept_suggestion(Key key);

    // completing.cpp
    void complete();
    void list(const std::vector<Candidate>& candidates);

    Shell& shell_;
    Screen screen_;
    std::optional<Keyboard> keyboard_;
    Prompts prompts_;
    std::string text_;
    std::size_t cursor_ = 0;
    std::vector<std::pair<std::string, std::size_t>> undone_;
    std::vector<std::string> ring_;  // what was killed
    std::size_t ring_at_ = 0;
    std::size_t yanked_ = 0;       // bytes that the last yank put in
    std::size_t history_at_ = 0;   // the entry shown; history.size() for the new line
    std::size_t argument_at_ = 0;  // the entry whose last word last_argument() put in
    std::string unfinished_;       // the new line while an old one is shown
    Key last_ = Key::unknown;
    bool last_killed_ = false;
    bool cut_short_ = false;
    std::optional<Pressed> pending_;  // the key that ended a search
};

// Whether the shell would ask for more lines of this command.
bool is_unfinished(Shell& shell, const std::string& text);

}  // namespace limpet::shell
