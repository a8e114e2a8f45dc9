// screen/vi.h - the editor at work.
#pragma once

#include "commands/command.h"
#include "commands/screen/fullscreen.h"
#include "commands/screen/glyph.h"
#include "commands/screen/vi_buffer.h"
#include "commands/screen/vi_motion.h"
#include "parse/regex.h"

#include <deque>
#include <map>
#include <optional>

namespace limpet::commands::vi {

struct Register {
    std::string text;
    bool lines = false;
};

struct Settings {
    bool numbers = false, ignore_case = false, list = false, indent = false, read_only = false;
    bool wrap_search = true;
    std::size_t tab = 8, shift = 8;
};

// What an operator works on: [from, to) or whole lines.
struct Extent {
    Position from, to;
    bool lines = false;
};

class Vi {
public:
    Vi(Invocation& call, Fullscreen& screen, Settings settings, std::vector<std::string> files,
       std::vector<std::string> commands)
        : call_(call),
          screen_(screen),
          set_(settings),
          files_(std::move(files)),
          first_(std::move(commands)) {}
    int run();

private:
    // vi_view.cpp
    void draw();
    void show_cursor();
    std::string status() const;
    [[nodiscard]] Style style() const;
    [[nodiscard]] std::size_t room() const { return screen_.height() - 1; }
    [[nodiscard]] std::size_t height_of(std::size_t line) const;
    [[nodiscard]] std::size_t column_of(Position at) const;
    [[nodiscard]] std::size_t byte_at(std::size_t line, std::size_t column) const;
    void scroll(std::size_t lines, bool down);
    int key();
    std::string character();

    // vi_command.cpp
    void command();
    bool simple(int got);
    bool start_insert(int got);
    void move_screen(int got);
    void apply(int op, Extent extent);
    void operate(int op);
    void line_operator(int op);
    void put(bool behind);
    void replace_character();
    void join(std::size_t line, std::size_t count, bool blanks);
    void toggle_case();
    void repeat();
    void undo(bool redo);
    void visual(int kind);
    bool visual_command(int got, int& kind, Position from);
    void yank(const Extent& extent);
    void change(const Extent& extent);
    Extent extent_of(Position from, Position to, bool lines, bool inclusive) const;
    void clamp();
    void count_prefix(int& got);
    std::size_t count() const { return count_ == 0 ? 1 : count_; }

    // vi_move.cpp
    struct Target {
        Position to;
        bool lines = false, inclusive = false;
        std::optional<Position> from = {};  // of a text object
        bool vertical = false;              // the wanted column stays
    };
    std::optional<Target> motion(int got, int op);
    std::optional<Target> line_motion(int got);
    std::optional<Target> word_motion(int got, int op);
    std::optional<Target> find_motion(int got);
    std::optional<Target> search_motion(int got);
    std::optional<Target> mark_motion(int got);
    std::optional<Position> search(const std::string& pattern, Position from, bool forward);
    bool compile(const std::string& pattern);

    // vi_insert.cpp
    void insert_mode(std::size_t times, bool replacing);
    bool insert_key(int got, bool replacing, Position start);
    void insert_break();

    // vi_ex.cpp
    void colon(const std::string& before);
    void execute(std::string_view line);
    struct Range {
        std::size_t first = 0, last = 0;
        int given = 0;
    };
    std::optional<std::size_t> address(std::string_view& text, std::size_t current);
    bool range(std::string_view& text, Range& range);
    void line_command(std::string_view name, std::string_view rest, Range range);
    void substitute(std::string_view rest, Range range);
    void global(std::string_view rest, Range range, bool inverted);
    void settings(std::string_view words);
    void copy_lines(std::string_view rest, Range range, bool move);

    // vi_file.cpp
    bool open(const std::string& name);
    bool write(std::string_view name, Range range, bool force);
    void file_command(std::string_view name, std::string_view rest, bool force, Range range);
    void read_in(std::string_view name, std::size_t below);
    void tell_file();
    void other_file(int by, bool force);
    [[nodiscard]] bool may_write(std::string_view name) const;
    bool may_leave(bool force);

    Invocation& call_;
    Fullscreen& screen_;
    Settings set_;
    std::vector<std::string> files_;
    std::vector<std::string> first_;
    std::size_t file_ = 0;

    Buffer text_;
    std::string name_;
    Position cursor_;
    std::size_t wanted_ = 0;  // the column that j and k keep
    std::size_t top_ = 0, top_row_ = 0;
    std::string message_;
    std::string mode_;
    bool done_ = false;
    int status_ = 0;

    std::size_t count_ = 0;
    char register_ = '"';
    std::map<char, Register> registers_;
    std::map<char, Position> marks_;
    Find find_;
    std::string pattern_;
    bool backwards_ = false;
    std::optional<parse::Regex> regex_;
    std::string compiled_;  // the pattern and options that regex_ is of
    std::optional<Position> visual_from_;
    bool visual_lines_ = false;

    // For the dot: the keys of the last change.
    std::deque<int> replayed_;
    std::vector<int> keys_, dot_;
    std::size_t dot_count_ = 0;
    char dot_register_ = '"';
    bool changed_ = false, replaying_ = false;
    std::optional<Frame> shown_;
    std::string last_ex_;
    std::string last_replacement_;
};

// \1 and & in what :s puts in; ~ and case changes are not among them.
std::string replacement(std::string_view form, std::string_view line,
                        const std::vector<parse::Regex::Span>& groups);

}  // namespace limpet::commands::vi
