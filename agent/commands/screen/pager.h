// screen/pager.h - less at work.
#pragma once

#include "commands/screen/fullscreen.h"
#include "commands/screen/glyph.h"
#include "commands/screen/pager_text.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace limpet::commands {

struct PagerOptions {
    bool numbers = false, chop = false, colours = false, squeeze = false;
    bool ignore_case = false;      // in patterns without capitals
    bool ignore_all_case = false;  // in all
    bool verbose = false;          // the prompt tells the place
    bool quit_if_one_screen = false;
    bool quit_at_end = false;  // when one goes on there
    bool stay = false;         // no alternate screen
    bool more = false;         // called as more
    std::size_t tab = 8;
    std::string first;  // +command
};

class Pager {
public:
    Pager(Invocation& call, Fullscreen& screen, PagerOptions options,
          std::vector<std::string> files)
        : call_(call), screen_(screen), options_(std::move(options)), files_(std::move(files)) {}
    int run();

private:
    // A row of the screen: the line that begins at `at`, and which of its rows.
    struct Place {
        std::uint64_t at = 0;
        std::size_t row = 0;
        auto operator<=>(const Place&) const = default;
    };

    // pager.cpp: what is where
    bool open(std::size_t index, bool forward);
    [[nodiscard]] std::size_t room() const { return screen_.height() - 1; }
    [[nodiscard]] Style style() const;
    bool shown(const std::string& line);
    std::optional<PagerText::Line> next_line(std::uint64_t& at);
    std::optional<std::uint64_t> line_before(std::uint64_t at);
    std::size_t height_of(std::uint64_t at);
    std::vector<Mark> marks(const std::string& line);
    Frame frame();
    std::string status();
    Place last_top();
    bool step_back(Place& place);
    bool step_on(Place& place);
    void need(std::size_t rows);
    void need_all();
    bool read_some(int milliseconds);
    void forward(std::size_t rows);
    void backward(std::size_t rows);
    void top(std::uint64_t at);
    bool fits();

    // pager_keys.cpp: what to do
    void begin();
    bool handle(int got);
    bool scroll(int got, std::size_t count);
    bool jump(int got, std::size_t count);
    void handle_option();
    void go_to_line(std::uint64_t number);
    void go_to_percent(std::size_t percent);
    void go_to_end();
    void follow();
    void ask_pattern(char direction);
    void ask_filter();
    void find(bool backwards, std::size_t count);
    bool compile(const std::string& pattern, std::optional<parse::Regex>& regex);
    bool other_file(int by);
    bool colon();
    void mark(bool set);
    void tell_place();
    void help();
    bool at_end();
    bool interrupted();

    Invocation& call_;
    Fullscreen& screen_;
    PagerOptions options_;
    std::vector<std::string> files_;
    std::size_t file_ = 0;
    std::optional<PagerText> text_;
    Place top_;
    std::size_t left_ = 0;
    bool end_shown_ = false;  // by the last frame
    std::uint64_t bottom_ = 0;
    bool named_ = true;  // the next prompt says which file
    std::string message_;
    std::string count_;  // digits typed
    std::string pattern_;
    bool backwards_ = false;
    std::optional<parse::Regex> search_, filter_;
    std::map<int, Place> marks_;
    Place jumped_from_;
    bool found_once_ = false;  // the line at the top has been searched
    bool quit_ = false;        // -e, and the end was met
    bool left_alone_ = false;  // matches are not marked
};

}  // namespace limpet::commands
