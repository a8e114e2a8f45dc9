// fmt.cpp - fill paragraphs.
#include "commands/text/lines.h"
#include "commands/utf8.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

class Paragraphs {
public:
    Paragraphs(Output& out, std::size_t width, bool split_only, bool uniform)
        : out_(out), width_(width), split_only_(split_only), uniform_(uniform) {}

    void line(std::string_view line) {
        const auto text = std::min(line.find_first_not_of(" \t"), line.size());
        const auto indent = line.substr(0, text);
        line.remove_prefix(text);
        // Another indent is another paragraph.
        if (line.empty() || split_only_ || indent != indent_) end();
        if (line.empty()) {
            out_.put('\n');
            return;
        }
        if (!started_) {
            indent_ = indent;
            indent_width_ = 0;
            for (const char byte : indent) {
                indent_width_ += byte == '\t' ? 8 - indent_width_ % 8 : 1;
            }
        }
        words(line);
    }

    void end() {
        if (started_) out_.put('\n');
        started_ = false;
        indent_.clear();
    }

private:
    static bool sentence_end(std::string_view word) {
        while (!word.empty() && std::string_view(")]'\"").find(word.back()) != word.npos) {
            word.remove_suffix(1);
        }
        return !word.empty() && std::string_view(".?!").find(word.back()) != word.npos;
    }

    // Blanks between words of a line stay; where lines are joined there is one, or two behind a
    // sentence.
    void words(std::string_view line) {
        std::size_t blanks = sentence_ ? 2 : 1;
        while (!line.empty()) {
            const auto end = std::min(line.find_first_of(" \t"), line.size());
            const auto word = line.substr(0, end);
            put(word, blanks);
            line.remove_prefix(end);
            const auto gap = std::min(line.find_first_not_of(" \t"), line.size());
            blanks = uniform_ ? (sentence_end(word) && gap > 1 ? 2 : 1) : gap;
            sentence_ = sentence_end(word);
            line.remove_prefix(gap);
        }
    }

    void put(std::string_view word, std::size_t blanks) {
        const auto size = text_width(word);
        if (started_ && at_ + blanks + size <= width_) {
            out_.write(std::string(blanks, ' '));
            at_ += blanks + size;
        } else {
            if (started_) out_.put('\n');
            out_.write(indent_);
            at_ = indent_width_ + size;
        }
        started_ = true;
        out_.write(word);
    }

    Output& out_;
    std::size_t width_;
    bool split_only_;
    bool uniform_;
    bool started_ = false;
    bool sentence_ = false;
    std::string indent_;
    std::size_t indent_width_ = 0;
    std::size_t at_ = 0;
};

int run(Invocation& call) {
    std::size_t width = 75;
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter != 'w' && option.letter != '#') continue;
        const auto number = parse::number<std::size_t>(value);
        if (!number || *number == 0) return call.misused("the width is not a number from 1");
        width = *number;
    }
    each_input(call, [&](Input& input) -> Result<> {
        Paragraphs paragraphs(call.out, width, call.options.has('s'), call.options.has('u'));
        while (const auto line = TRY(next_line(input))) {
            paragraphs.line(*line);
            if (call.out.failure()) break;
        }
        paragraphs.end();
        return {};
    });
    return call.status;
}

constexpr Option options[]{
    {'w', "width", "N", "lines of at most N columns (75)"},
    {'s', "split-only", "", "long lines are split, short ones not joined"},
    {'u', "uniform-spacing", "", "one blank between words, two behind a sentence"},
    {'#', "", "N", "the same as -w N"},
};

constexpr Command fmt{
    .name = "fmt",
    .usage = "[-su] [-w N] [FILE...]",
    .summary = "fill paragraphs",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Lines of one indent are a paragraph; each line takes what fits.\n"
        "\nExample:\n  fmt -w 60 /usr/share/doc/README\n",
};
const Register registered{fmt};

}  // namespace
}  // namespace limpet::commands
