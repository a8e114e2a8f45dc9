// diff_text.h - the two files of a diff as lines, how they are compared, and how it is printed.
#pragma once

#include "commands/command.h"
#include "commands/text/edit_script.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands::diff {

enum class Form { normal, context, unified, ed, forward_ed, rcs, json };

struct Style {
    Form form = Form::normal;
    std::uint32_t context = 3;
    bool brief = false, report_same = false, as_text = false, minimal = false;
    bool ignore_case = false, ignore_blank_lines = false, strip_cr = false;
    bool ignore_space_change = false, ignore_all_space = false, ignore_trailing_space = false;
    bool expand_tabs = false, initial_tab = false, show_function = false, colour = false;
    bool recursive = false, absent_as_empty = false, absent_first_as_empty = false;
    bool follow = true;
    std::vector<std::string> labels, exclude;
    std::string words;  // the options as they were given, for the line before each file of a tree

    [[nodiscard]] bool ignores() const {
        return ignore_case || ignore_space_change || ignore_all_space || ignore_trailing_space ||
               strip_cr;
    }
};

// One side of a comparison, read to its end.
struct Text {
    std::string name;
    std::string time = {};  // after a tab in a header; empty with a label
    std::string bytes = {};
    std::vector<std::string_view> lines = {};  // each with its newline; the last may have none

    [[nodiscard]] bool complete() const { return bytes.empty() || bytes.ends_with('\n'); }
};

// Splits both into lines and finds what differs; an error when there are too many.
Result<std::vector<Change>> compare_lines(const Style& style, Text& first, Text& second);

// Blank to -B.
bool blank(const Style& style, std::string_view line);

// All but those that -B ignores.
bool counts(const Style& style, const Text& first, const Text& second, const Change& change);

// A name as headers have it: in double quotes when patch(1) could not tell where it ends.
std::string header_name(std::string_view name);

void print(Invocation& call, const Style& style, const Text& first, const Text& second,
           const std::vector<Change>& script);

}  // namespace limpet::commands::diff
